// One screen of the flow in the page: its data, its form, and the next screen in its place. Shared by
// the widget and, in a WebView, the hosted flow.

const TIMEOUT_MS = 20_000;

let busy = false;

/** What the server tells the script about the present screen. */
export function readFlow() {
  return JSON.parse(document.getElementById("flow").dataset.flow);
}

/**
 * Calls the handler when the form is submitted. A host that sandboxes the frame without `allow-forms`
 * keeps forms from firing a submit event, so the button's click does it, and Enter clicks the button.
 */
export function onSubmit(id, handler) {
  const form = document.getElementById(id);
  if (!form) return;
  form.addEventListener("submit", handler);
  form.querySelector("button[type=submit]")?.addEventListener("click", (event) => {
    event.preventDefault();
    if (form.reportValidity()) handler(event);
  });
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

/** Sends a form of the present screen once, after `begin`, and gives the answer to `show`. */
export async function submit(form, show, begin = () => {}) {
  if (busy) return;
  busy = true;
  const button = form.querySelector("button[type=submit]");
  const status = document.getElementById("busy");
  const failure = document.getElementById("failure");
  const body = new URLSearchParams(new FormData(form));
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
