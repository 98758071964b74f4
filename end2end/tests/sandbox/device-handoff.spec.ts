// The hand-over of a flow to a phone: a second session by the link of the QR code, while the first
// device waits (docs.withpersona.com, "Inquiry Sessions" and "Client Callbacks").
import type { HostPage } from '../../pages/host.ts';
import { HostedFlow } from '../../pages/hosted-flow.ts';
import { expect, test } from '../../sandbox-fixtures.ts';

/** The SDK's events about the link, in their order. */
async function linkEvents(host: HostPage): Promise<string[]> {
  const events = (await host.heard()).map(({ callback }) => callback.replace('onEvent:', ''));
  return events.filter((name) => name.startsWith('one-time-link'));
}

test('a flow is finished on the phone, and the widget reports it', async ({
  browser,
  host,
  widget,
  api,
}) => {
  const { id } = await api.create();
  await host.open({ inquiryId: id });
  await widget.getStarted();
  await widget.button('Continue on another device').click();
  await expect(widget.heading('Continue on your phone')).toBeVisible();
  const link = widget.frame.getByRole('link');
  await expect(link).toHaveAttribute('href', /\/verify\?code=/);

  const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
  const phone = await context.newPage();
  await phone.goto((await link.getAttribute('href')) ?? '');
  const flow = new HostedFlow(phone);
  await expect(widget.frame.getByText('Your phone is connected.')).toBeVisible();
  await flow.button('Get started').click();
  await flow.button('Submit government ID').click();
  await flow.button('Submit selfie').click();
  await expect(phone.getByText('go on at your other device')).toBeVisible();

  await expect(widget.step('Success')).toBeVisible();
  await widget.done();
  await expect.poll(() => host.heardBy('onComplete')).toHaveLength(1);
  expect(await linkEvents(host)).toEqual(['one-time-link-sent', 'one-time-link-start', 'one-time-link-exit']);
  expect((await api.retrieve(id)).status).toMatch(/completed|approved/);
  await context.close();
});

test('the person comes back to the first device', async ({ host, widget, api }) => {
  const { id } = await api.create();
  await host.open({ inquiryId: id });
  await widget.getStarted();
  await widget.submitGovernmentId();
  await widget.button('Continue on another device').click();
  await widget.button('Continue on this device').click();
  await expect(widget.step('Selfie')).toBeVisible();
  await widget.submitSelfie();
  await widget.done();
  expect(await linkEvents(host)).toEqual(['one-time-link-sent', 'one-time-link-exit']);
});

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('the hosted flow goes on after the phone, and leads back', async ({
      page,
      browser,
      hostServer,
      hostedFlow,
      api,
    }) => {
      const { id } = await api.create();
      await page.goto(`/verify?inquiry-id=${id}&redirect-uri=${encodeURIComponent(hostServer.url)}`);
      await hostedFlow.button('Continue on another device').click();
      const link = await page.getByRole('link').getAttribute('href');
      const context = await browser.newContext();
      const phone = await context.newPage();
      await phone.goto(link ?? '');
      const flow = new HostedFlow(phone);
      await flow.button('Get started').click();
      await flow.button('Submit government ID').click();
      await flow.button('Submit selfie').click();
      await expect(flow.step('Success')).toBeVisible();
      await context.close();
      if (!javaScriptEnabled) await hostedFlow.button('Continue on this device').click();
      await hostedFlow.button('Done').click();
      await expect(page).toHaveURL(/status=completed/);
    });
  });
}
