// One screen of the flow in the page: its data, its form, and the next screen in its place. Shared by
// the widget and, in a WebView, the hosted flow.

const TIMEOUT_MS = 20_000;
const POLL_MS = 1000;

let busy = false;

/** What the server tells the script about the present screen. */
export function readFlow() {
  return JSON.parse(document.getElementById("flow").dataset.flow);
}

/**
 * Calls the handler, with the button, when the form is submitted. A host that sandboxes the frame without `allow-forms`
 * keeps forms from firing a submit event, so the button's click does it, and Enter clicks the button.
 */
export function onSubmit(id, handler) {
  const form = document.getElementById(id);
  if (!form) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    handler(event.submitter);
  });
  for (const button of form.querySelectorAll("button[type=submit]")) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      if (button.formNoValidate || form.reportValidity()) handler(button);
    });
  }
}

/** Puts the server's next screen in the place of the present one. */
export function replaceScreen(html) {
  const next = new DOMParser().parseFromString(html, "text/html").getElementById("flow");
  if (!next) throw new Error("the answer holds no screen");
  document.getElementById("flow").replaceWith(document.adoptNode(next));
}

/** The server's answer to a form: the HTML of a screen, or `location`, where the flow leads back to. */
export async function send(url, body) {
  const response = await fetch(url, {
    method: "POST",
    body,
    headers: { Accept: "application/json, text/html" },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const type = response.headers.get("content-type") ?? "";
  if (type.startsWith("application/json")) return response.json();
  if (!type.startsWith("text/html")) throw new Error(`unexpected answer ${response.status}`);
  return { html: await response.text() };
}

/** Sends a form by its button once, after `begin`, and gives the answer to `show`. */
export async function submit(form, by, show, begin = () => {}) {
  if (busy) return;
  busy = true;
  const button = by ?? form.querySelector("button[type=submit]");
  const status = document.getElementById("busy");
  const failure = document.getElementById("failure");
  const body = new URLSearchParams(new FormData(form));
  if (button.name) body.set(button.name, button.value);
  if (failure) failure.hidden = true;
  button.setAttribute("aria-disabled", "true");
  if (status) status.textContent = status.dataset.text;
  begin();
  try {
    await show(await send(form.action, body));
  } catch {
    if (status) status.textContent = "";
    button.removeAttribute("aria-disabled");
    if (failure) failure.hidden = false;
  } finally {
    busy = false;
  }
}

/**
 * While the screen for another device is shown: says that the device has come, and goes on here once
 * the flow is over there.
 */
export function watchHandoff({ step, sessionToken, handoffSession }, started) {
  if (step !== "handoff") return;
  const form = document.getElementById("step-form");
  const status = document.getElementById("handoff-status");
  const body = new URLSearchParams({
    "session-token": sessionToken,
    "handoff-session": handoffSession,
  });
  let isStarted = false;
  const look = async () => {
    if (!form.isConnected) return;
    const answer = await send("/verify/handoff", body).catch(() => ({}));
    if (!form.isConnected) return;
    if (answer.started && !isStarted) {
      isStarted = true;
      status.textContent = status.dataset.started;
      started();
    }
    if (answer.over) form.querySelector("button[type=submit]").click();
    else setTimeout(look, POLL_MS);
  };
  setTimeout(look, POLL_MS);
}
