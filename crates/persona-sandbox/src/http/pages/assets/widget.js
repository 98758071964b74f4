// The widget's side of the conversation with Persona's JS SDK (npm `persona`, 5.9.0).
// Messages go to the one origin that the page was opened for, and only its window is listened to.
// Screens come from the server as HTML; nothing here decides what happens to an inquiry.

import { prepareSources, stopCamera } from "./capture.js";

const config = JSON.parse(document.body.dataset.widget);
const closeButton = document.getElementById("close");
const leaveDialog = document.getElementById("leave");

let flow = readFlow();
let begun = false;
let busy = false;

document.documentElement.classList.add("with-script");

function readFlow() {
  return JSON.parse(document.getElementById("flow").dataset.flow);
}

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

/**
 * Calls the handler when the form is submitted. A host that sandboxes the frame without `allow-forms`
 * keeps forms from firing a submit event, so the button's click does it, and Enter clicks the button.
 */
function onSubmit(id, handler) {
  const form = document.getElementById(id);
  if (!form) return;
  form.addEventListener("submit", handler);
  form.querySelector("button[type=submit]").addEventListener("click", (event) => {
    event.preventDefault();
    if (form.reportValidity()) handler(event);
  });
}

/** Wires the screen that is now in the page. */
function prepareScreen() {
  flow = readFlow();
  closeButton.hidden = flow.reportsResult || !config.target;
  prepareSources(post);
  onSubmit("step-form", submitStep);
  onSubmit("finish-form", finish);
  if (!config.target) document.querySelector("#finish-form button")?.remove();
}

/** Puts the server's next screen in the place of the present one. */
function showScreen(html) {
  const next = new DOMParser().parseFromString(html, "text/html").getElementById("flow");
  if (!next) throw new Error("the answer holds no screen");
  document.getElementById("flow").replaceWith(document.adoptNode(next));
  prepareScreen();
}

async function fetchScreen(url, body) {
  const response = await fetch(url, {
    method: "POST",
    body,
    signal: AbortSignal.timeout(20_000),
  });
  const type = response.headers.get("content-type") ?? "";
  if (!type.startsWith("text/html")) throw new Error(`unexpected answer ${response.status}`);
  return response.text();
}

async function submitStep(event) {
  event.preventDefault();
  if (busy) return;
  busy = true;
  const form = document.getElementById("step-form");
  const button = form.querySelector("button[type=submit]");
  const status = document.getElementById("busy");
  const failure = document.getElementById("failure");
  const left = flow.step;
  const body = new URLSearchParams(new FormData(form));

  failure.hidden = true;
  button.setAttribute("aria-disabled", "true");
  status.textContent = status.dataset.text;
  post("step-transitioning", { name: left });
  if (form.dataset.submitEvent) post(form.dataset.submitEvent, {});
  try {
    showScreen(await fetchScreen(form.action, body));
    reportError();
    announcePage();
  } catch {
    status.textContent = "";
    button.removeAttribute("aria-disabled");
    failure.hidden = false;
  } finally {
    busy = false;
  }
}

function finish(event) {
  event.preventDefault();
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
      showScreen(await fetchScreen("/widget/start", new URLSearchParams(flow.begin)));
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
