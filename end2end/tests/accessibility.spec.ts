// Every page and every step of the window, light and dark.
import { expectAccessible } from '../accessibility.ts';
import { expect, reachableStatuses, test } from '../fixtures.ts';
import { newPerson } from '../pages/sign-up.ts';

// What is wrong with the colours is wrong at any width, and the other way round: each width is looked
// at in one of them.
for (const [colorScheme, where] of [
  ['light', '@desk-only'],
  ['dark', '@phone-only'],
] as const) {
  test.describe(`in ${colorScheme} colours`, { tag: where }, () => {
    test.use({ colorScheme });

    test('sign-in', async ({ page, signIn }) => {
      await signIn.goto();
      await expectAccessible(page);
    });

    test('the forms of an account, right and wrong', async ({
      page,
      browserWatch,
      signIn,
      signUp,
    }) => {
      // Chromium reports every answer of 400 or more.
      browserWatch.expect(/status of 422 .*sign-in/);
      browserWatch.expect(/status of 422 .*sign-up/);
      await signIn.goto();
      await signIn.signIn('nobody@example.com', '');
      await expect(signIn.summary).toBeVisible();
      await expectAccessible(page);
      await signUp.goto();
      await expectAccessible(page);
      await signUp.signUp({ ...newPerson(), firstName: '', email: 'zoe', password: 'password1234' });
      await expect(signUp.summary).toBeVisible();
      await expectAccessible(page);
    });

    test('sessions', async ({ page, context, signIn, sessions }) => {
      await signIn.asAlexander();
      // The page would complain that its stream has no session any more.
      await page.goto('about:blank');
      await context.clearCookies();
      await signIn.asAlexander();
      await sessions.goto();
      await expect(sessions.endOthersButton).toBeVisible();
      await expectAccessible(page);
    });

    test('onboarding, before and after', async ({ page, signIn, onboarding, widget }) => {
      await signIn.asAlexander();
      await expectAccessible(page);
      await onboarding.startVerifying();
      await widget.leave();
      await expect(widget.dialog).toBeHidden();
      await expectAccessible(page);
    });

    test('results, none and some, and one of them', async ({
      page,
      persona,
      signIn,
      onboarding,
      results,
      result,
      startAndLeave,
    }) => {
      await signIn.asAlexander();
      await results.goto();
      await expect(results.empty).toBeVisible();
      await expectAccessible(page);
      await onboarding.goto();
      const inquiry = await startAndLeave();
      await persona.decline(inquiry);
      await expect(onboarding.statusLine).toContainText("couldn't verify");
      await expectAccessible(page);
      await result.goto(inquiry);
      await expect(result.status).toContainText("couldn't verify");
      await expectAccessible(page);
      await persona.approve(inquiry);
      await expect(result.status).toContainText('Verified');
      await expectAccessible(page);
      await results.goto();
      await expect(results.items).toHaveCount(1);
      await expectAccessible(page);
    });

    test('the open window, step by step', async ({ page, signIn, onboarding, widget }) => {
      await signIn.asAlexander();
      await onboarding.startVerifying();
      await widget.lookAtEachStep(() => expectAccessible(page));
      await widget.submitSelfie();
      await expect(widget.step('Success')).toBeVisible();
      await expectAccessible(page);
    });
  });
}

test.describe('with colours that the system chooses', { tag: '@desk-only' }, () => {
  test.use({ contextOptions: { forcedColors: 'active' } });

  test('forms, each status, a refusal, results and devices', async ({
    page,
    browserWatch,
    signUp,
    signUpWith,
    onboarding,
  }) => {
    test.slow();
    browserWatch.expect(/status of 422 .*sign-up/);
    await signUp.goto();
    await signUp.createButton.click();
    await expect(signUp.summary).toBeFocused();
    expect(await page.evaluate(() => matchMedia('(forced-colors: active)').matches)).toBe(true);
    await expectAccessible(page);
    for (const status of reachableStatuses) {
      await signUpWith(status);
      await page.goto('/onboarding');
      await expectAccessible(page);
    }
    for (const path of ['/onboarding?problem=too_many_attempts', '/results', '/account/sessions']) {
      await page.goto(path);
      await expectAccessible(page);
    }
    await page.goto('/results');
    await page.getByRole('main').getByRole('listitem').getByRole('link').first().click();
    await expect(page.getByRole('heading', { name: 'History' })).toBeVisible();
    await expectAccessible(page);
    await signUpWith();
    await page.goto('/onboarding');
    await expect(onboarding.verifyButton).toBeVisible();
    await expectAccessible(page);
  });

  test('the open window', async ({ page, signIn, onboarding, widget }) => {
    await signIn.asAlexander();
    await onboarding.startVerifying();
    await widget.lookAtEachStep(() => expectAccessible(page));
  });
});
