// The states in which texts are longest, in each language: found by address and element, not by words.
import { expect, reachableStatuses } from '../fixtures.ts';
import { problems } from '../problems.ts';
import { test } from './shoot.ts';

test('without an account', async ({ page, shoot }) => {
  const submit = async (path: string) => {
    await page.locator(`form[action="${path}"] button[type=submit]`).click();
    await expect(page.getByRole('alert')).toBeFocused();
  };
  await page.goto('/sign-in');
  await shoot('01-sign-in');
  await submit('/sign-in');
  await shoot('02-sign-in-wrong');
  await page.goto('/sign-up');
  await shoot('03-sign-up');
  await submit('/sign-up');
  await shoot('04-sign-up-wrong');
  await page.goto('/nowhere');
  await shoot('05-not-found');
});

test('with an account', async ({ page, signUpWith, widget, shoot }) => {
  await signUpWith();
  await page.goto('/onboarding');
  await shoot('10-first-visit');
  await page.goto('/results');
  await shoot('40-no-verification');
  await page.goto('/account/profile');
  await shoot('41-profile');
  await page.goto('/account/sessions');
  await shoot('42-devices');
  for (const [index, problem] of problems.entries()) {
    await page.goto(`/onboarding?problem=${problem}`);
    await shoot(`${50 + index}-${problem.replaceAll('_', '-')}`);
  }
  await page.goto('/onboarding');
  await page.locator('#verify-button').click();
  await expect(widget.frame.locator('#heading')).toBeVisible();
  await shoot('12-window');
  await widget.frame.locator('#step-form .primary').click();
  await expect(widget.frame.locator('input[type=radio]').first()).toBeVisible();
  await shoot('16-window-id');
});

const states: Record<(typeof reachableStatuses)[number], string> = {
  created: '14-not-started',
  pending: '15-unfinished',
  failed: '21-failed',
  expired: '22-expired',
  approved: '23-approved',
  declined: '24-declined',
  completed: '25-checking',
  needs_review: '26-review',
};

for (const status of reachableStatuses) {
  test(status, async ({ page, signUpWith, shoot }) => {
    const state = states[status];
    await signUpWith(status);
    await page.goto('/onboarding');
    await shoot(state);
    await page.goto('/results');
    await shoot(`${state}-list`);
    await page.locator('main a[href^="/results/"]').click();
    await page.waitForURL('**/results/res_*');
    await shoot(`${state}-details`);
  });
}
