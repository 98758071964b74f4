// Every public page, every state of the card, and the window, in each language but English, which
// `accessibility.spec.ts` looks at.
import { expectAccessible } from '../accessibility.ts';
import { expect, reachableStatuses, test } from '../fixtures.ts';
import { problems } from '../problems.ts';

for (const [colorScheme, where] of [
  ['light', '@desk-only'],
  ['dark', '@phone-only'],
] as const) {
  for (const locale of ['es', 'fr', 'de', 'pt-BR', 'ar']) {
    test.describe(`in ${locale} and ${colorScheme} colours`, { tag: where }, () => {
      test.use({ colorScheme, locale });

      // Some forty analyses.
      test.slow();

      test('the pages, the states and the window', async ({ page, browserWatch, signUpWith, widget }) => {
        // Chromium reports every answer of 400 or more.
        browserWatch.tolerate(/status of (404|422)/);
        const look = async (path: string) => {
          await page.goto(path);
          await expect(page.locator('html')).toHaveAttribute('lang', locale);
          await expectAccessible(page);
        };
        for (const path of ['/sign-in', '/sign-up', '/nowhere']) await look(path);
        await page.goto('/sign-up');
        await page.locator('form[action="/sign-up"] button[type=submit]').click();
        await expect(page.getByRole('alert')).toBeFocused();
        await expectAccessible(page);
        await signUpWith();
        for (const path of ['/onboarding', '/results', '/account/sessions', '/account/profile']) await look(path);
        for (const problem of problems) await look(`/onboarding?problem=${problem}`);

        await page.goto('/onboarding');
        await page.locator('#verify-button').click();
        await expect(widget.frame.locator('#heading')).toBeVisible();
        await expectAccessible(page);

        for (const status of reachableStatuses) {
          await signUpWith(status);
          await look('/onboarding');
          await look('/results');
          await page.locator('main a[href^="/results/"]').click();
          await page.waitForURL('**/results/res_*');
          await expectAccessible(page);
        }
      });
    });
  }
}
