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
    // The page behind is inert, which the snapshot does not know: tested in behind-the-window.spec.ts.
    await expect(widget.step('Verify your identity')).toBeFocused();
    await expectSnapshot(onboarding.card, 'card-open');
    await expectSnapshot(widget.frame.locator('body'), 'window-start');
    await widget.leave();
    await expect(widget.dialog).toBeHidden();
    await expectSnapshot(onboarding.card, 'card-left');

    await sandbox.fault({ operation: 'webhook', kind: 'drop', count: 100 });
    await onboarding.startVerifying();
    await widget.getStarted();
    await expect(widget.step('Government ID')).toBeFocused();
    await expectSnapshot(widget.frame.locator('body'), 'window-government-id');
    await widget.submitGovernmentId();
    await sandbox.stopClock();
    await widget.submitSelfie();
    await widget.done();
    await expect(widget.dialog).toBeHidden();
    await expect(onboarding.statusLine).toContainText('we have everything');
    await expectSnapshot(onboarding.card, 'card-submitted');
  });

  test('the window says that it did not work, and Persona has not yet', async ({
    browserWatch,
    cardStates,
    onboarding,
  }) => {
    // The page asks for the result after three seconds, if it is still there.
    browserWatch.tolerate(/status of 502 .*refresh/);
    await cardStates.unsuccessful();
    await expectSnapshot(onboarding.card, 'card-unsuccessful');
  });

  test('time ran out in the open window', async ({ cardStates, onboarding }) => {
    await cardStates.ranOut();
    await expectSnapshot(onboarding.card, 'card-ran-out');
  });

  test('the window does not take the inquiry, twice', async ({ cardStates, onboarding }) => {
    await cardStates.notContinued();
    await expectSnapshot(onboarding.card, 'card-not-continued');
  });

  test('verified, and another one begun', async ({ onboarding, persona, startAndLeave }) => {
    await persona.approve(await startAndLeave());
    await expect(onboarding.statusLine).toContainText("You're verified");
    await startAndLeave();
    await onboarding.goto();
    await expectSnapshot(onboarding.card, 'card-begun-another');
  });

  test('the window failed', async ({ page, browserWatch, cardStates, onboarding }) => {
    browserWatch.expect(/net::ERR_/);
    await cardStates.windowClosed();
    await expectSnapshot(onboarding.card, 'card-window-closed');
    await cardStates.misconfigured();
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

test.describe('a status that this release does not know', () => {
  const secret = 'wbhsec_end2end';
  test.use({ appEnvironment: { PERSONA_WEBHOOK_SECRET: secret } });

  test('is said to be under way', async ({
    request,
    stack,
    signIn,
    cardStates,
    onboarding,
    startAndLeave,
  }) => {
    await signIn.asAlexander();
    await cardStates.unknown(await startAndLeave(), request, stack.baseURL, secret);
    await expectSnapshot(onboarding.card, 'card-unknown');
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
