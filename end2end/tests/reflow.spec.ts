// Every public page and state on 320 × 256 px, which is a desk of 1280 × 1024 at 400 %, and with spaced text
// there and at a desk: nothing scrolls sideways, nothing is cut off. In the language whose words are the
// longest and in the one that runs from right to left, too.
import type { Page } from '@playwright/test';
import { expect, reachableStatuses, test } from '../fixtures.ts';
import { expectReflow, resetText, spaceText } from '../reflow.ts';
import { problems } from '../problems.ts';

const sizes = [
  { width: 320, height: 256 },
  { width: 1280, height: 1024 },
] as const;

async function expectReflowAtEachSize(page: Page): Promise<void> {
  for (const spaced of [false, true]) {
    if (spaced) await spaceText(page);
    for (const size of sizes) {
      await page.setViewportSize(size);
      await expectReflow(page);
    }
  }
  await resetText(page);
}

for (const locale of ['en-US', 'de', 'ar']) {
  test.describe(`in ${locale}`, () => {
    test.use({ locale });

    // Four layouts of each of some forty pages.
    test.slow();

    test('the pages', async ({ page, browserWatch, signUpWith, widget }) => {
      // Chromium reports every answer of 400 or more.
      browserWatch.tolerate(/status of (404|422)/);
      const look = async (path: string) => {
        await page.goto(path);
        await expectReflowAtEachSize(page);
      };
      const submitEmpty = async (path: string) => {
        await page.goto(path);
        for (const field of await page.locator('main input:not([type=hidden])').all()) await field.fill('');
        await page.locator(`form[action="${path}"] button[type=submit]`).click();
        await expect(page.getByRole('alert')).toBeFocused();
        await expectReflowAtEachSize(page);
      };
      for (const path of ['/sign-in', '/sign-up', '/nowhere']) await look(path);
      for (const path of ['/sign-in', '/sign-up']) await submitEmpty(path);
      await signUpWith();
      for (const path of ['/onboarding', '/results', '/account/sessions', '/account/profile']) await look(path);
      await submitEmpty('/account/profile');

      await page.goto('/onboarding');
      await page.locator('#verify-button').click();
      const steps = ['start', 'government_id', 'selfie', 'success'];
      for (const step of steps) {
        const screen = widget.frame.locator(`[data-test="flow"][data-step="${step}"]`);
        await expect(screen).toBeVisible();
        await expectReflowAtEachSize(page);
        await screen.locator('[data-test="button__primary"]').click();
      }
      await expect(widget.dialog).toBeHidden();
      await expectReflowAtEachSize(page);
    });

    test('the states', async ({ page, signUpWith }) => {
      await signUpWith();
      for (const problem of problems) {
        await page.goto(`/onboarding?problem=${problem}`);
        await expectReflowAtEachSize(page);
      }
      for (const status of reachableStatuses) {
        await signUpWith(status);
        await page.goto('/onboarding');
        await expectReflowAtEachSize(page);
        await page.goto('/results');
        await expectReflowAtEachSize(page);
        await page.locator('main a[href^="/results/"]').click();
        await page.waitForURL('**/results/res_*');
        await expectReflowAtEachSize(page);
      }
    });
  });
}
