// The widget's side of the conversation with Persona's JS SDK (npm `persona`, 5.9.0).
// Messages go to the one origin that the page was opened for, and only its window is listened to.
// Screens come from the server as HTML; nothing here decides what happens to an inquiry.

import { prepareSources, stopCamera } from "./capture.js";
import { onSubmit, readFlow, replaceScreen, send, submit, watchHandoff } from "./screen.js";

const config = JSON.parse(document.body.dataset.widget);
const closeButton = document.getElementById("close");
const leaveDialog = document.getElementById("leave");

let flow = readFlow();
let begun = false;

document.documentElement.classList.add("with-script");

function post(name, metadata = {}, extra = {}) {
  // Opened by itself, the page has nobody to tell.
  if (!config.target) return;
  window.parent.postMessage({ ...config.echo, name, metadata, ...extra }, config.target);
}

/** Whose flow it is; undefined until there is an inquiry. */
function subject() {
  return { inquiryId: flow.inquiryId ?? config.inquiryId ?? undefined };
}

/** How high the content is by itself, without being stretched to the frame. */
function pageHeight() {
  document.body.style.minHeight = "0";
  const { height } = document.body.getBoundingClientRect();
  document.body.style.minHeight = "";
  return Math.ceil(height);
}

/** Says which page is shown, once it is visible: a hidden frame has no height, nor any focus. */
function announcePage() {
  if (!begun || window.innerHeight === 0) return;
  post("page-change", {
    name: flow.step,
    nameDisplay: document.getElementById("heading").textContent,
    path: `/${flow.step}`,
    pageHeight: pageHeight(),
  });
  document.getElementById("heading").focus();
}

function reportError() {
  if (flow.error) post("error", subject(), { error: flow.error });
}

/** Wires the screen that is now in the page. */
function prepareScreen() {
  flow = readFlow();
  closeButton.hidden = flow.reportsResult || !config.target;
  prepareSources(post);
  watchHandoff(flow, () => post("one-time-link-start", subject()));
  onSubmit("step-form", submitStep);
  onSubmit("finish-form", finish);
  if (!config.target) document.querySelector("#finish-form button")?.remove();
}

function showScreen(html) {
  replaceScreen(html);
  prepareScreen();
}

function submitStep(button) {
  const form = document.getElementById("step-form");
  const show = ({ html }) => {
    showScreen(html);
    reportError();
    announcePage();
    if (flow.step === "handoff") post("one-time-link-sent", subject());
  };
  const begin = () => {
    post("step-transitioning", { name: flow.step });
    if (flow.step === "handoff") post("one-time-link-exit", subject());
    if (form.dataset.submitEvent && !button?.name) post(form.dataset.submitEvent, {});
  };
  submit(form, button, show, begin);
}

function finish() {
  const { inquiryId, status, fields } = flow;
  post(flow.step === "fail" ? "fail" : "complete", { inquiryId, status, fields });
}

function exit() {
  if (leaveDialog.open) leaveDialog.close();
  stopCamera();
  if (flow.sessionToken) {
    navigator.sendBeacon("/widget/exit", new URLSearchParams({ "session-token": flow.sessionToken }));
  }
  // The one message that carries the token: onCancel hands it back for reopening.
  post("exit", { ...subject(), sessionToken: flow.sessionToken ?? undefined });
}

function askToLeave() {
  if (!flow.inProgress) exit();
  else if (!leaveDialog.open) leaveDialog.showModal();
}

closeButton.addEventListener("click", askToLeave);
document.getElementById("leave-now").addEventListener("click", exit);
document.getElementById("stay").addEventListener("click", () => leaveDialog.close());
document.addEventListener("keydown", (event) => {
  // Within the dialog the browser itself closes it: to stay is the safe meaning of Escape.
  if (event.key === "Escape" && !leaveDialog.open && !closeButton.hidden) {
    event.preventDefault();
    askToLeave();
  }
});

function hear(event) {
  if (event.source !== window.parent || event.origin !== config.target) return;
  switch (event.data?.action) {
    case "open":
      // The frame becomes visible only after this message.
      requestAnimationFrame(announcePage);
      break;
    case "exit":
      if (event.data.metadata?.force) exit();
      else askToLeave();
      break;
    case "destroy":
      stopCamera();
      window.removeEventListener("message", hear);
      break;
  }
}
window.addEventListener("message", hear);
window.addEventListener("pagehide", stopCamera);


/** Opens the session, or creates the inquiry if the page was opened with a template. */
async function begin() {
  post("load");
  if (flow.begin) {
    try {
      const { html } = await send("/widget/start", new URLSearchParams(flow.begin));
      showScreen(html);
    } catch {
      flow.error = {
        status: 0,
        code: "application_error",
        message: "The Persona sandbox did not answer. Is it still running?",
      };
    }
  }
  begun = true;
  if (flow.error) {
    reportError();
    announcePage();
    return;
  }
  post("inquiry-load", subject());
  if (flow.inProgress) post("start", { inquiryId: flow.inquiryId });
  post("ready", config.ready);
  announcePage();
}

prepareScreen();
begin();
