// The hosted flow works without this script; it adds the camera, and what only a browser knows:
// that this very tab began the inquiry (docs.withpersona.com, "Inquiry sessions").

import { prepareSources, stopCamera } from "./capture.js";

document.documentElement.classList.add("with-script");

const flow = JSON.parse(document.getElementById("flow").dataset.flow);
const key = `persona-sandbox:${flow.inquiryId}`;

if (flow.inquiryId && flow.sessionToken) {
  sessionStorage.setItem(key, flow.sessionToken);
} else if (flow.step === "session_expired") {
  const token = sessionStorage.getItem(key);
  const here = new URL(location.href);
  if (token && !here.searchParams.has("session-token")) {
    here.searchParams.set("session-token", token);
    location.replace(here);
  }
}

prepareSources(() => {});
document.getElementById("heading").focus();
window.addEventListener("pagehide", stopCamera);
