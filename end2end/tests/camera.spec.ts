// The camera within the app's own page, whose headers decide what the frame may use.
import { expect, test } from '../fixtures.ts';

// Chromium's own make-believe camera.
test.use({
  permissions: ['camera'],
  launchOptions: async ({ launchOptions }, use) => {
    const args = [...(launchOptions.args ?? []), '--use-fake-device-for-media-stream'];
    await use({ ...launchOptions, args });
  },
});

test('the window may use the camera', async ({ signIn, onboarding, widget }) => {
  await signIn.asAlexander();
  await onboarding.startVerifying();
  await widget.getStarted();
  await widget.source('Take a photo').click();
  await widget.button('Take photo').click();
  await expect(widget.cameraStatus).toContainText('ready to submit');
});
