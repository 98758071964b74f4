// When the SDK, its frame, Persona itself or our own script does not come: the page says what
// happened and what to do, and a later click works.
import { expect, test } from '../fixtures.ts';
import { freePort } from '../ports.ts';
import { externalSandbox, startSandbox } from '../programs.ts';

test.describe('with the sandbox running', () => {
  test.beforeEach(async ({ signIn }) => {
    await signIn.asAlexander();
  });

  test('the SDK is blocked', async ({ page, browserWatch, onboarding, widget, hostedFlow }) => {
    browserWatch.expect(/net::ERR_BLOCKED_BY_CLIENT.* \(.*\/vendor\/persona/);
    // The page asks for its own files, by HEAD, when one of them fails; the SDK is none of them.
    const asked: string[] = [];
    page.on('request', (request) => request.method() === 'HEAD' && asked.push(request.url()));
    await page.route('**/vendor/persona*', (route) => route.abort('blockedbyclient'));
    await onboarding.goto();
    await onboarding.startVerifying();
    await expect(onboarding.statusLine).toContainText("couldn't open the verification here");
    await expect(onboarding.verifyButton).toBeFocused();
    await expect(onboarding.hostedFlowButton).toBeVisible();
    expect(asked).toEqual([]);

    await page.unrouteAll();
    await onboarding.startVerifying();
    await expect(widget.step('Verify your identity')).toBeVisible();
    await widget.leave();
    await expect(widget.dialog).toBeHidden();
    await expect(hostedFlow.step('Verify your identity')).toBeHidden();
  });

  test('the frame is blocked, of which a browser says nothing', async ({ page, onboarding, widget }) => {
    await page.route('**/widget?*', (route) => route.abort('blockedbyclient'));
    await onboarding.startVerifying();
    await expect(onboarding.statusLine).toContainText("couldn't open the verification here", { timeout: 20_000 });
    await expect(widget.dialog).toHaveCount(0);
    await expect(onboarding.hostedFlowButton).toBeVisible();

    await page.unrouteAll();
    await onboarding.startVerifying();
    await expect(widget.step('Verify your identity')).toBeVisible();
  });

  test('a click before hydration is not lost', async ({ page, onboarding, widget }) => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/*.wasm', async (route) => {
      await released;
      await route.continue();
    });
    await page.goto('/onboarding', { waitUntil: 'commit' });
    await onboarding.startVerifying();
    await expect(widget.dialog).toHaveCount(0);
    release();
    await expect(widget.step('Verify your identity')).toBeVisible();
  });

  test('our script never comes: the click goes through the hosted flow', async ({
    page,
    browserWatch,
    onboarding,
    hostedFlow,
  }) => {
    browserWatch.expect(/net::ERR_FAILED .*\.wasm/);
    browserWatch.expect(/uncaught: .*Failed to fetch/);
    await page.route('**/*.wasm', (route) => route.abort());
    await onboarding.goto();
    await onboarding.startVerifying();
    await expect(hostedFlow.step('Verify your identity')).toBeVisible({ timeout: 20_000 });
  });
});

const testOutOfReach = test.extend<{ sandboxPort: number }>({
  sandboxPort: async ({}, use) => {
    await use(await freePort());
  },
  appEnvironment: async ({ sandboxPort }, use) => {
    await use(externalSandbox(sandboxPort));
  },
});

testOutOfReach(
  'Persona is out of reach: the page says so, and a later click works',
  async ({ browserWatch, logFolder, sandboxPort, signIn, onboarding, widget }) => {
    browserWatch.expect(/status of 50[234] .*get-or-create/);
    await signIn.asAlexander();
    await onboarding.startVerifying();
    await expect(onboarding.statusLine).toContainText(/try again/i, { timeout: 20_000 });
    await expect(onboarding.verifyButton).toBeFocused();

    const sandbox = await startSandbox(logFolder, sandboxPort);
    try {
      await onboarding.startVerifying();
      await expect(widget.step('Verify your identity')).toBeVisible();
    } finally {
      await sandbox.stop();
    }
  },
);
