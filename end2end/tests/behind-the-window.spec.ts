// What a person keeps while Persona's window is open and after it: the page, the focus, the words.
import { expect, test } from '../fixtures.ts';

test.describe('with the demo user signed in', () => {
  test.beforeEach(async ({ signIn }) => {
    await signIn.asAlexander();
  });

  test('the page behind the window cannot be reached, and comes back with the focus', async ({
    page,
    onboarding,
    widget,
  }) => {
    await onboarding.startVerifying();
    await expect(widget.step('Verify your identity')).toBeFocused();
    const isBehind = () =>
      page.evaluate(() => document.activeElement?.closest('.site-header, main, .site-footer') !== null);
    for (let presses = 0; presses < 30; presses++) {
      await page.keyboard.press('Tab');
      expect(await isBehind(), `after ${presses + 1} presses of Tab`).toBe(false);
    }
    await page.locator('.site-header button').focus();
    expect(await isBehind()).toBe(false);

    await widget.leave();
    await expect(onboarding.verifyButton).toBeFocused();
    await onboarding.signOutButton.focus();
    await expect(onboarding.signOutButton).toBeFocused();
  });

  test('the words change before the focus comes back to them', async ({ page, onboarding, widget }) => {
    await onboarding.startVerifying();
    await expect(widget.step('Verify your identity')).toBeVisible();
    await page.evaluate(() => {
      document.querySelector('#verify-button')?.addEventListener('focus', () => {
        const line = document.querySelector('#verify-line')?.textContent;
        Reflect.set(window, 'lineAtFocus', line);
      });
    });
    await widget.leave();
    await expect(onboarding.verifyButton).toBeFocused();
    expect(await page.evaluate(() => Reflect.get(window, 'lineAtFocus'))).toContain("You're not done yet");
  });

  test('an approval outlasts another verification that was only begun', async ({
    page,
    onboarding,
    widget,
    startAndLeave,
  }) => {
    await onboarding.startVerifying();
    await widget.complete();
    await expect(onboarding.statusLine).toContainText("You're verified");
    await startAndLeave();
    await page.reload();
    await expect(onboarding.statusLine).toContainText("You're verified");
    await expect(page.getByText('You have started another verification since')).toBeVisible();
  });

  test('an inquiry that expires in the open window is not replaced without a word', async ({
    sandbox,
    persona,
    onboarding,
    widget,
  }) => {
    await onboarding.startVerifying();
    await widget.getStarted();
    await widget.submitGovernmentId();
    await expect(widget.step('Selfie')).toBeVisible();
    const expired = (await sandbox.newestInquiry('usr_ABC123')).id;
    await persona.expire(expired);
    await widget.submitSelfie();
    await expect(onboarding.statusLine).toContainText('ran out of time');
    await expect(widget.dialog).toBeHidden();

    await onboarding.startVerifying();
    await expect(widget.step('Verify your identity')).toBeVisible();
    expect((await sandbox.newestInquiry('usr_ABC123')).id).not.toBe(expired);
  });

  test('a result that arrives leaves the focus where it is', async ({
    page,
    persona,
    startAndLeave,
  }) => {
    const inquiry = await startAndLeave();
    await page.getByRole('link', { name: 'Verifications' }).click();
    const link = page.getByRole('main').getByRole('listitem').getByRole('link').first();
    await link.focus();
    const address = await link.getAttribute('href');
    await persona.approve(inquiry);
    await expect(page.getByRole('listitem').getByText('Verified', { exact: true })).toBeVisible();
    expect(await page.evaluate(() => document.activeElement?.getAttribute('href'))).toBe(address);
  });
});

test.describe('with less motion asked for', () => {
  test.use({ contextOptions: { reducedMotion: 'reduce' } });

  test('the window is there at once', async ({ page, signIn, onboarding, widget }) => {
    await signIn.asAlexander();
    await onboarding.startVerifying();
    await expect(widget.step('Verify your identity')).toBeVisible();
    for (const part of ['overlay', 'iframe']) {
      const animation = page
        .locator(`.persona-widget__${part}`)
        .evaluate((element) => getComputedStyle(element).animationName);
      expect(await animation, part).toBe('none');
    }
  });
});

test.describe('where one verification is enough', () => {
  test.use({ appEnvironment: { INQUIRY_POLICY: 'once' } });

  test('being verified is not a failure, and the completed ID stays', async ({
    browserWatch,
    signIn,
    onboarding,
    widget,
  }) => {
    await signIn.asAlexander();
    await onboarding.startVerifying();
    await widget.complete();
    await expect(onboarding.statusLine).toContainText("You're verified");
    const completed = await onboarding.completedInquiry();
    browserWatch.expect(/status of 409 .*get-or-create/);
    await onboarding.startVerifying();
    await expect(onboarding.verifyButton).toBeEnabled();
    await expect(onboarding.statusLine).toHaveClass(/is-good/);
    await expect(onboarding.statusLine).not.toHaveClass(/is-bad/);
    expect(await onboarding.completedInquiry()).toBe(completed);
  });
});
