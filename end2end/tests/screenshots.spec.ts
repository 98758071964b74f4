// Pictures for people to look at, in test-results/screenshots/: every state, desktop and phone,
// light and dark. Nothing is compared; what must hold is tested elsewhere.
import { join } from 'node:path';
import type { Page, TestInfo } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { newPerson } from '../pages/sign-up.ts';

/** Takes numbered pictures, of the whole page unless a window covers it. */
function camera(page: Page, testInfo: TestInfo, series: string) {
  const folder = join(import.meta.dirname, '../test-results/screenshots');
  let count = 0;
  return async (name: string, fullPage = true) => {
    const file = `${testInfo.project.name}-${series}-${++count}-${name}.png`;
    const path = join(folder, file);
    await page.screenshot({ path, fullPage });
    await testInfo.attach(file, { path, contentType: 'image/png' });
  };
}

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme} colours`, () => {
    test.use({ colorScheme });

    test('a walk through every state @phone', async ({ page, signIn, onboarding, widget }, testInfo) => {
      const picture = camera(page, testInfo, colorScheme);
      const shoot = async (name: string) => picture(name, !(await widget.dialog.isVisible()));

      await signIn.goto();
      await shoot('sign-in');
      await signIn.asAlexander();
      await shoot('onboarding');
      await onboarding.startVerifying();
      await widget.lookAtEachStep((screen) => shoot(`window-${screen}`));
      await widget.leave();
      await expect(widget.dialog).toBeHidden();
      await shoot('cancelled');
      await onboarding.startVerifying();
      await expect(widget.step('Selfie')).toBeVisible();
      await widget.submitSelfie();
      await expect(widget.step('Success')).toBeVisible();
      await shoot('success');
      await widget.done();
      await expect(onboarding.debugInfo).toContainText('Completed inquiry');
      await shoot('completed');
      await expect(onboarding.statusLine).toContainText("You're verified");
      await shoot('approved');
    });

    test('a walk through results @phone', async (
      { page, persona, signIn, onboarding, results, result, startAndLeave },
      testInfo,
    ) => {
      const shoot = camera(page, testInfo, `results-${colorScheme}`);
      await signIn.asAlexander();
      await results.goto();
      await shoot('none');
      for (const decision of ['decline', 'approve'] as const) {
        await onboarding.goto();
        const inquiry = await startAndLeave();
        await persona.simulate(inquiry, 'start_inquiry');
        await result.goto(inquiry);
        await expect(result.status).toContainText('In progress');
        await shoot('pending');
        await persona[decision](inquiry);
        await expect(result.status).toContainText(/Not verified|Verified/);
        await shoot(decision);
        await onboarding.goto();
        await shoot(`onboarding-${decision}`);
      }
      await results.goto();
      await shoot('list');
    });

    test('a walk through an account @phone', async (
      { page, context, browserWatch, signIn, signUp, sessions },
      testInfo,
    ) => {
      browserWatch.expect(/status of 422 .*sign-in/);
      browserWatch.expect(/status of 422 .*sign-up/);
      const shoot = camera(page, testInfo, `account-${colorScheme}`);
      const person = newPerson();

      await signIn.goto();
      await signIn.signIn(person.email, 'three cats at the lake');
      await expect(signIn.summary).toBeVisible();
      await shoot('wrong-password');
      await signUp.goto();
      await shoot('sign-up');
      await signUp.signUp({ ...person, firstName: '', birthdate: '2999-01-01', password: 'dogs' });
      await expect(signUp.summary).toBeVisible();
      await shoot('sign-up-problems');
      await signUp.signUp(person);
      await expect(page).toHaveURL(/\/onboarding$/);
      await shoot('onboarding');
      // The page would complain that its stream has no session any more.
      await page.goto('about:blank');
      await context.clearCookies();
      await signIn.goto();
      await signIn.signIn(person.email, person.password);
      await expect(page).toHaveURL(/\/onboarding$/);
      await sessions.goto();
      await expect(sessions.items).toHaveCount(2);
      await shoot('sessions');
    });
  });
}
