// The hosted flow works without this script; it adds the camera, and what only a browser knows:
// that this very tab began the inquiry (docs.withpersona.com, "Inquiry sessions").

import { prepareSources, stopCamera } from "./capture.js";

document.documentElement.classList.add("with-script");

const flow = JSON.parse(document.getElementById("flow").dataset.flow);
const here = new URL(location.href);
const key = `persona-sandbox:${flow.inquiryId ?? here.searchParams.get("inquiry-id")}`;

if (flow.sessionToken) {
  sessionStorage.setItem(key, flow.sessionToken);
} else if (flow.step === "session_expired" && !here.searchParams.has("session-token")) {
  const token = sessionStorage.getItem(key);
  if (token) {
    here.searchParams.set("session-token", token);
    location.replace(here);
  }
}

prepareSources(() => {});
document.getElementById("heading").focus();
window.addEventListener("pagehide", stopCamera);
