// The camera, which a browser may refuse and a person may not want.
import { expect, test } from '../../sandbox-fixtures.ts';

// Chromium's own make-believe camera; whether a page may use it is decided test by test.
test.use({
  launchOptions: async ({ launchOptions }, use) => {
    const args = [...(launchOptions.args ?? []), '--use-fake-device-for-media-stream'];
    await use({ ...launchOptions, args });
  },
});

test.beforeEach(async ({ host, widget, api }) => {
  const { id } = await api.create();
  await host.open({ inquiryId: id });
  await widget.getStarted();
  await expect(widget.step('Government ID')).toBeVisible();
});

test('refused: the person is told, the sample is chosen, and the flow goes on', async ({
  host,
  widget,
}) => {
  await widget.source('Take a photo').click();
  await expect(widget.cameraStatus).toContainText('permission was refused');
  await expect(widget.source('Use the sample document')).toBeChecked();
  expect(await host.heardBy('onEvent:document-camera-select')).toHaveLength(1);
  expect(await host.heardBy('onEvent:load-camera-failed')).toHaveLength(1);
  expect(await host.heardBy('onError')).toEqual([]);
  await widget.submitGovernmentId();
  await expect(widget.step('Selfie')).toBeVisible();
  await widget.source('Take a selfie').click();
  await expect(widget.cameraStatus).toContainText('permission was refused');
  await expect(widget.source('Use the sample selfie')).toBeChecked();
  await widget.submitSelfie();
  await expect(widget.step('Success')).toBeVisible();
});

test.describe('allowed', () => {
  test.use({ permissions: ['camera'] });

  test('a photo of the document and a selfie', async ({ page, host, widget }) => {
    const requests: string[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') requests.push(request.postData() ?? '');
    });
    await widget.source('Take a photo').click();
    await widget.button('Take photo').click();
    await expect(widget.cameraStatus).toContainText('ready to submit');
    await widget.submitGovernmentId();
    await expect(widget.step('Selfie')).toBeVisible();
    await widget.source('Take a selfie').click();
    await widget.button('Take photo').click();
    await expect(widget.cameraStatus).toContainText('ready to submit');
    await widget.submitSelfie();
    await expect(widget.step('Success')).toBeVisible();

    expect(await host.heardBy('onEvent:document-camera-capture')).toHaveLength(1);
    expect(await host.heardBy('onEvent:selfie-camera-capture')).toHaveLength(1);
    expect(await host.heardBy('onEvent:load-camera-failed')).toEqual([]);
    // The images stay in the browser: both forms are a few short words.
    expect(requests).toHaveLength(2);
    for (const body of requests) expect(body.length).toBeLessThan(1000);
  });

  test('leaving ends the camera', async ({ page, widget }) => {
    await widget.source('Take a photo').click();
    await expect(widget.button('Take photo')).toBeVisible();
    const frame = page.frames().find((candidate) => candidate.url().includes('/widget?'));
    if (!frame) throw new Error('there is no widget');
    const isLive = () =>
      frame.evaluate(() => {
        const stream = document.querySelector('video')?.srcObject;
        return stream instanceof MediaStream && stream.active;
      });
    expect(await isLive()).toBe(true);
    await widget.leave();
    await expect(widget.dialog).toBeHidden();
    expect(await isLive()).toBe(false);
  });
});
