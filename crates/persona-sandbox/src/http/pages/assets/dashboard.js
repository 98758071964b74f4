// The dashboard works without this script. It copies values, and keeps a page fresh by asking
// for it again while it is visible; the server answers 304 as long as nothing has changed.

const PERIOD_MS = 2000;

document.documentElement.classList.add("with-script");

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select and copy";
  }
});

const live = () => document.querySelector("[data-live]");
let version = live()?.dataset.live;

async function refresh() {
  const present = live();
  const inUse = present.contains(document.activeElement) || present.querySelector("details[open]");
  if (document.hidden || inUse || !getSelection().isCollapsed) return;
  const response = await fetch(location.href, { headers: { "If-None-Match": version } });
  if (response.status !== 200) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const next = page.querySelector("[data-live]");
  if (!next) return;
  version = next.dataset.live;
  present.replaceWith(document.adoptNode(next));
}

if (version) {
  setInterval(() => refresh().catch(() => {}), PERIOD_MS);
}
