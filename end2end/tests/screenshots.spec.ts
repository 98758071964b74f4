// Pictures for people to look at, in test-results/screenshots/: every state, desktop and phone,
// light and dark. Nothing is compared; what must hold is tested elsewhere.
import { join } from 'node:path';
import { expect, test } from '../fixtures.ts';

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme} colours`, () => {
    test.use({ colorScheme });

    test('a walk through every state @phone', async ({ page, signIn, onboarding, widget }, testInfo) => {
      const folder = join(import.meta.dirname, '../test-results/screenshots');
      let count = 0;
      const shoot = async (name: string) => {
        const file = `${testInfo.project.name}-${colorScheme}-${++count}-${name}.png`;
        const path = join(folder, file);
        await page.screenshot({ path, fullPage: !(await widget.dialog.isVisible()) });
        await testInfo.attach(file, { path, contentType: 'image/png' });
      };

      await signIn.goto();
      await shoot('sign-in');
      await signIn.asAlexander();
      await shoot('onboarding');
      await onboarding.startVerifying();
      await expect(widget.step('Verify your identity')).toBeVisible();
      await shoot('window');
      await widget.getStarted();
      await expect(widget.step('Government ID')).toBeVisible();
      await shoot('government-id');
      await widget.button('Close').click();
      await expect(widget.button('Leave')).toBeVisible();
      await shoot('close');
      await widget.button('Leave').click();
      await expect(widget.dialog).toBeHidden();
      await shoot('cancelled');
      await onboarding.startVerifying();
      await expect(widget.button('Close')).toBeVisible();
      if (await widget.button('Get started').isVisible()) await widget.getStarted();
      await widget.submitGovernmentId();
      await expect(widget.step('Selfie')).toBeVisible();
      await shoot('selfie');
      await widget.submitSelfie();
      await expect(widget.step('Success')).toBeVisible();
      await shoot('success');
      await widget.done();
      await expect(onboarding.debugInfo).toContainText('Completed inquiry');
      await shoot('completed');
    });
  });
}
