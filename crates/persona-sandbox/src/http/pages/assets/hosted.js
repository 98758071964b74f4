// The hosted flow works without this script; it adds the camera, and what only a browser knows:
// that this very tab began the inquiry (docs.withpersona.com, "Inquiry sessions").
//
// In a WebView it also sends the forms and shows the next screen in place, so that the only navigation
// is the one back to the app, which apps wait for (docs.withpersona.com, "Redirecting on complete").

import { prepareSources, stopCamera } from "./capture.js";
import { onSubmit, readFlow, replaceScreen, send, submit, watchHandoff } from "./screen.js";

document.documentElement.classList.add("with-script");

const isWebView = "webview" in document.body.dataset;
const closeButton = document.getElementById("close");
const leaveDialog = document.getElementById("leave");
const here = new URL(location.href);

let flow = readFlow();

/** Where the tab keeps the token of an inquiry that it began. */
const key = () => `persona-sandbox:${flow.inquiryId ?? here.searchParams.get("inquiry-id")}`;

/** Goes on with the inquiry that this tab began, if the server sees a stranger. */
async function reopen() {
  const token = sessionStorage.getItem(key());
  if (!token || here.searchParams.has("session-token")) return;
  here.searchParams.set("session-token", token);
  if (!isWebView) {
    location.replace(here);
    return;
  }
  const response = await fetch(here);
  showScreen({ html: await response.text() });
}

function prepareScreen() {
  flow = readFlow();
  if (flow.sessionToken) sessionStorage.setItem(key(), flow.sessionToken);
  else if (flow.step === "session_expired") reopen().catch(() => {});
  prepareSources(() => {});
  watchHandoff(flow, () => {});
  document.getElementById("heading").focus();
  if (!isWebView) return;
  closeButton.hidden = flow.reportsResult;
  for (const id of ["step-form", "finish-form"]) {
    onSubmit(id, (button) => submit(document.getElementById(id), button, showScreen));
  }
}

/** Shows the next screen, or goes back to the app. */
function showScreen({ html, location: back }) {
  if (back) {
    location.assign(back);
    return;
  }
  replaceScreen(html);
  prepareScreen();
}

/** Leaves by the x: the app learns which inquiry it was. */
async function leave() {
  leaveDialog.close();
  stopCamera();
  const body = new URLSearchParams(flow.inquiryId ? {} : here.search);
  const redirect = here.searchParams.get("redirect-uri") ?? here.searchParams.get("redirect_uri");
  if (flow.inquiryId) body.set("inquiry-id", flow.inquiryId);
  if (flow.sessionToken) body.set("session-token", flow.sessionToken);
  if (redirect) body.set("redirect-uri", redirect);
  body.set("is-webview", "true");
  body.set("step", "cancel");
  showScreen(await send("/verify/step", body));
}

if (isWebView) {
  closeButton.addEventListener("click", () => {
    if (flow.inProgress) leaveDialog.showModal();
    else leave().catch(() => {});
  });
  document.getElementById("leave-now").addEventListener("click", () => leave().catch(() => {}));
  document.getElementById("stay").addEventListener("click", () => leaveDialog.close());
}

prepareScreen();
window.addEventListener("pagehide", stopCamera);
