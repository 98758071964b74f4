// The pages and every state of the status card as a screen reader gets them: names, roles, the order of
// reading. The snapshots in aria/ were read as a screen reader says them; read yours before you commit it.
import type { Locator } from '@playwright/test';
import { expect, reachableStatuses, test } from '../fixtures.ts';
import { problems } from '../problems.ts';

async function expectSnapshot(locator: Locator, name: string): Promise<void> {
  await expect.soft(locator).toMatchAriaSnapshot({ name: `${name.replaceAll('_', '-')}.aria.yml` });
}

test('the forms of an account', async ({ page, browserWatch, signIn, signUp }) => {
  // Chromium reports every answer of 400 or more.
  browserWatch.expect(/status of 422 .*sign-up/);
  await signIn.goto();
  await expectSnapshot(page.locator('body'), 'sign-in');
  await signUp.goto();
  await signUp.createButton.click();
  await expect(signUp.summary).toBeFocused();
  await expectSnapshot(page.getByRole('main'), 'sign-up-problems');
});

test('the pages of a person', async ({ page, signUpWith, result }) => {
  await signUpWith();
  await page.goto('/onboarding');
  await expectSnapshot(page.locator('body'), 'onboarding');
  await signUpWith('approved');
  await page.goto('/results');
  await expectSnapshot(page.getByRole('main'), 'results');
  await page.getByRole('main').getByRole('listitem').getByRole('link').click();
  await expect(result.copyButton).toBeVisible();
  await expectSnapshot(page.getByRole('main'), 'result');
  await page.goto('/account/sessions');
  await expectSnapshot(page.getByRole('main'), 'devices');
});

test('the card of each problem', async ({ page, onboarding, signUpWith }) => {
  await signUpWith();
  for (const problem of problems) {
    await page.goto(`/onboarding?problem=${problem}`);
    await expectSnapshot(onboarding.card, `card-${problem}`);
  }
});

test('the card of each status', async ({ page, onboarding, signUpWith }) => {
  test.slow();
  for (const status of reachableStatuses) {
    await signUpWith(status);
    await page.goto('/onboarding');
    await expectSnapshot(onboarding.card, `card-${status}`);
  }
});

test.describe('the card, as the window changes it', () => {
  test.beforeEach(async ({ signIn }) => {
    await signIn.asAlexander();
  });

  test('from the press of the button to the result', async ({ page, sandbox, onboarding, widget }) => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/get-or-create', async (route) => {
      await released;
      await route.continue();
    });
    await onboarding.startVerifying();
    await expect(onboarding.statusLine).toContainText('Still opening…');
    await expectSnapshot(onboarding.card, 'card-slow');
    release();
    await widget.leave();
    await expect(widget.dialog).toBeHidden();
    await expectSnapshot(onboarding.card, 'card-left');

    await sandbox.fault({ operation: 'webhook', kind: 'drop', count: 100 });
    await onboarding.startVerifying();
    await widget.getStarted();
    await widget.submitGovernmentId();
    await sandbox.stopClock();
    await widget.submitSelfie();
    await widget.done();
    await expect(widget.dialog).toBeHidden();
    await expect(onboarding.statusLine).toContainText('we have everything');
    await expectSnapshot(onboarding.card, 'card-submitted');
  });

  test('verified, and another one begun', async ({ onboarding, persona, startAndLeave }) => {
    await persona.approve(await startAndLeave());
    await expect(onboarding.statusLine).toContainText("You're verified");
    await startAndLeave();
    await onboarding.goto();
    await expectSnapshot(onboarding.card, 'card-begun-another');
  });

  test('the window failed', async ({ page, browserWatch, onboarding, widget }) => {
    browserWatch.expect(/net::ERR_/);
    const reportError = async (code: string) => {
      await onboarding.startVerifying();
      await expect(widget.step('Verify your identity')).toBeVisible();
      // As Persona's flow reports an error to the SDK.
      await widget.frame.locator('body').evaluate((body, code) => {
        const { echo, target } = JSON.parse(body.dataset['widget'] ?? '{}');
        const error = { status: 400, code, message: code };
        window.parent.postMessage({ ...echo, name: 'error', metadata: {}, error }, target);
      }, code);
      await expect(widget.dialog).toBeHidden();
    };
    await reportError('application_error');
    await expectSnapshot(onboarding.card, 'card-window-closed');
    await reportError('invalid_config');
    await expectSnapshot(onboarding.card, 'card-misconfigured');

    await page.route('**/get-or-create', (route) => route.abort('internetdisconnected'));
    await page.reload();
    await onboarding.startVerifying();
    await expect(onboarding.statusLine).toContainText('offline');
    await expectSnapshot(onboarding.card, 'card-offline');
    await page.unrouteAll();

    await page.route('**/vendor/persona*', (route) => route.abort('blockedbyclient'));
    await page.reload();
    await onboarding.startVerifying();
    await expect(onboarding.hostedFlowButton).toBeVisible();
    await expectSnapshot(onboarding.card, 'card-blocked');
  });
});

test('each change of the card is announced once', async ({ page, signIn, onboarding, widget }) => {
  await signIn.asAlexander();
  // A screen reader hears of a change of the live region, unless the region is inert.
  await page.evaluate(() => {
    const heard: string[] = [];
    Reflect.set(window, 'heard', heard);
    const region = document.querySelector<HTMLElement>('[role="status"]');
    if (!region) throw new Error('there is no live region');
    const text = () => region.innerText.replace(/\s+/g, ' ').trim();
    let last = text();
    new MutationObserver(() => {
      if (text() !== last && !region.closest('[inert]')) heard.push(text());
      last = text();
    }).observe(region, { childList: true, characterData: true, subtree: true });
  });
  const heard = () => page.evaluate(() => Reflect.get(window, 'heard') as string[]);

  await onboarding.startVerifying();
  await expect(widget.step('Verify your identity')).toBeFocused();
  await widget.leave();
  await expect(onboarding.verifyButton).toBeFocused();
  await expect.poll(heard).toEqual([
    'Opening… A window by Persona opens over this page.',
    "You're not done yet We've saved what you did: continue when you're ready.",
  ]);
});
