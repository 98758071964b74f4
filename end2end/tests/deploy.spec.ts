// A release replaces another one behind the same address, and the files of the former are gone: pages
// that are open, come back to, or half loaded go on, or say that they must be loaded again.
import { expect, test as base } from '../fixtures.ts';
import { startSandbox } from '../programs.ts';
import { Site } from '../releases.ts';

const test = base.extend<{ site: Site }>({
  site: async ({ logFolder }, use) => {
    const sandbox = await startSandbox(logFolder);
    const site = await Site.make(sandbox, logFolder);
    try {
      await site.deploy('first');
      await use(site);
    } finally {
      await site.stop();
      await sandbox.stop();
    }
  },
  stack: async ({ site }, use) => {
    await use({ baseURL: site.url, sandboxURL: site.url, stop: async () => {} });
  },
});

/** What Chromium says of files that are gone, and of loads that the reload cuts off. */
const GONE = /status of 404|[Ff]ailed to (fetch|load)|MIME type|preload|^uncaught: $/;

/** The style sheet that the page names: each release has another one. */
const STYLE = 'link#style';

test.beforeEach(({ browserWatch }) => {
  // The live stream breaks when a release stops.
  browserWatch.tolerate(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED_ENCODING/);
});

test('an open page goes on: a click, the window, the result', async ({
  page,
  site,
  signIn,
  onboarding,
  widget,
}) => {
  await signIn.asAlexander();
  await onboarding.startVerifying();
  await expect(widget.step('Verify your identity')).toBeVisible();
  await widget.leave();
  await expect(widget.dialog).toBeHidden();
  const before = await page.locator(STYLE).getAttribute('href');
  await site.deploy('second');
  await onboarding.startVerifying();
  await expect(widget.step('Verify your identity')).toBeVisible();
  await widget.complete();
  await expect(onboarding.statusLine).toContainText("You're verified");
  // It is still the page of the first release.
  expect(await page.locator(STYLE).getAttribute('href')).toBe(before);
  await page.reload();
  expect(await page.locator(STYLE).getAttribute('href')).not.toBe(before);
  await expect(onboarding.statusLine).toContainText("You're verified");
});

test('an open list of results takes the parts of the new release', async ({
  page,
  site,
  signIn,
  onboarding,
  results,
  widget,
}) => {
  await signIn.asAlexander();
  await onboarding.startVerifying();
  await widget.complete();
  await expect(widget.dialog).toBeHidden();
  await results.goto();
  await expect(results.items).toHaveCount(1);
  await site.deploy('second');
  // In another tab, since this one only looks.
  const other = await page.context().newPage();
  await other.goto('/onboarding');
  await other.getByRole('button', { name: 'Start Verifying' }).click();
  await expect(results.items).toHaveCount(2);
});

test('a page that is come back to goes on', async ({ page, site, signIn, onboarding, results, widget }) => {
  await signIn.asAlexander();
  await results.link.click();
  await expect(results.heading).toBeVisible();
  await site.deploy('second');
  await page.goBack();
  await expect(onboarding.heading).toBeVisible();
  await onboarding.startVerifying();
  await expect(widget.step('Verify your identity')).toBeVisible();
});

for (const file of ['css', 'js', 'wasm']) {
  test(`a half loaded page whose .${file} is gone is loaded again`, async ({
    page,
    browserWatch,
    site,
    signIn,
    onboarding,
    widget,
  }) => {
    browserWatch.tolerate(GONE);
    await signIn.asAlexander();
    const before = await page.locator(STYLE).getAttribute('href');
    // The document is the first release's; its file is asked for when the second one serves.
    let deployed: Promise<void> | undefined;
    await page.route(`**/pkg/*.${file}`, async (route) => {
      deployed ??= site.deploy('second');
      await deployed;
      await route.continue();
    });
    await onboarding.goto();
    await expect(page.locator(STYLE)).not.toHaveAttribute('href', String(before));
    await expect(onboarding.heading).toBeVisible();
    await onboarding.startVerifying();
    await expect(widget.step('Verify your identity')).toBeVisible();
  });
}

test('an early error of something else does not use up the question', async ({
  page,
  browserWatch,
  site,
  signIn,
  onboarding,
}) => {
  browserWatch.tolerate(GONE);
  browserWatch.expect(/an extension's error/);
  await signIn.asAlexander();
  const before = await page.locator(STYLE).getAttribute('href');
  await page.addInitScript(() => {
    if (sessionStorage.getItem('failed')) return;
    sessionStorage.setItem('failed', 'once');
    // When the document is there, and its files are not.
    document.addEventListener('readystatechange', () => {
      if (document.readyState === 'interactive') {
        void Promise.reject(new Error("an extension's error"));
      }
    });
  });
  const asked = page.waitForResponse((response) => response.request().method() === 'HEAD');
  let deployed: Promise<void> | undefined;
  await page.route('**/pkg/*.wasm', async (route) => {
    if (route.request().method() === 'GET') {
      // The files are there when the page asks, and gone before it has loaded them.
      await asked;
      deployed ??= site.deploy('second');
      await deployed;
    }
    await route.continue();
  });
  await onboarding.goto();
  await expect(page.locator(STYLE)).not.toHaveAttribute('href', String(before));
  await expect(onboarding.heading).toBeVisible();
});

test('files that stay away do not make the page load for ever', async ({
  page,
  browserWatch,
  signIn,
  onboarding,
}) => {
  browserWatch.tolerate(GONE);
  await signIn.asAlexander();
  await page.route('**/pkg/*.wasm', (route) => route.fulfill({ status: 404, body: '' }));
  let loads = 0;
  page.on('load', () => loads++);
  await onboarding.goto();
  await expect.poll(() => loads).toBe(2);
  // Nothing is to happen: what would is a third load within some moments.
  await page.waitForTimeout(3_000);
  expect(loads).toBe(2);
  await expect(onboarding.verifyButton).toBeEnabled();
});

test('a response that the open page cannot read: it says to load the page again', async ({
  page,
  browserWatch,
  signIn,
  onboarding,
}) => {
  browserWatch.expect(/status of 409/);
  await signIn.asAlexander();
  await page.route('**/api/inquiries/get-or-create', (route) =>
    route.fulfill({ status: 409, json: { error: { code: 'of_a_later_release', message: '' } } }),
  );
  await onboarding.startVerifying();
  await expect(onboarding.statusLine).toContainText('Reload the page');
});
