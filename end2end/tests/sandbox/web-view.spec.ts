// The hosted flow in the WebView of a mobile app, with the redirect logic of Persona's own samples for
// iOS and Android, and their addresses as they are written down there
// (docs.withpersona.com, "Redirecting on complete or cancel").
import { AndroidWebView, IosWebView } from '../../pages/web-view.ts';
import { expect, templateId, test } from '../../tls-fixtures.ts';

const flow = 'https://inquiry.withpersona.com/verify';
const redirectUri = 'https://withpersona.com';

/** The address that the iOS sample makes. */
function iosAddress(referenceId: string): string {
  const query = new URLSearchParams({
    'inquiry-template-id': templateId,
    environment: 'sandbox',
    'reference-id': referenceId,
    'redirect-uri': redirectUri,
    'is-webview': 'true',
  });
  return `${flow}?${query}`;
}

/** The address that the Android sample makes. */
const androidAddress = `${flow}?${new URLSearchParams({
  'is-webview': 'true',
  'inquiry-template-id': templateId,
  environment: 'sandbox',
})}`;

test.describe('in a WebView', { tag: '@phone-only' }, () => {
  for (const passes of [true, false]) {
    test(`the iOS sample sees that a person ${passes ? 'passed' : 'failed'}`, async ({
      page,
      context,
      hostedFlow,
      sandbox,
    }) => {
      const app = new IosWebView(page, redirectUri);
      await app.attach(context);
      await app.load(iosAddress('myReference'));
      if (!passes) await hostedFlow.passSwitch.uncheck();
      await hostedFlow.button('Get started').click();
      await hostedFlow.button('Submit government ID').click();
      await hostedFlow.button('Submit selfie').click();
      await hostedFlow.button('Done').click();
      const { id } = await sandbox.newestInquiry('myReference');
      await expect.poll(() => app.result).toEqual(passes ? { succeeded: id } : 'failed');
    });
  }

  test('the iOS sample takes leaving for a failure', async ({ page, context, hostedFlow, sandbox }) => {
    const app = new IosWebView(page, redirectUri);
    await app.attach(context);
    await app.load(iosAddress('myReference'));
    await hostedFlow.button('Get started').click();
    await hostedFlow.button('Submit government ID').click();
    await expect(hostedFlow.step('Selfie')).toBeVisible();
    await hostedFlow.button('Close').click();
    await hostedFlow.button('Stay').click();
    await expect(hostedFlow.step('Selfie')).toBeVisible();
    await hostedFlow.button('Close').click();
    await hostedFlow.button('Leave').click();
    await expect.poll(() => app.result).toBe('failed');
    expect((await sandbox.newestInquiry('myReference')).status).toBe('pending');
  });

  test('the Android sample keeps the person in the app to the end', async ({
    page,
    context,
    hostedFlow,
    sandbox,
  }) => {
    const app = new AndroidWebView(page);
    await app.attach(context);
    await app.load(androidAddress);
    await hostedFlow.button('Get started').click();
    await hostedFlow.button('Submit government ID').click();
    await hostedFlow.button('Submit selfie').click();
    await hostedFlow.button('Done').click();
    await expect.poll(() => app.callback?.get('status')).toBe('completed');
    expect(app.openedOutside).toEqual([]);
    const id = app.callback?.get('inquiry-id');
    expect(app.callback?.get('persona-inquiry-id')).toBe(id);
    expect(app.callback?.get('fields[name_last][value]')).toBe('SAMPLE');
    const [inquiry] = await sandbox.allInquiries();
    expect(inquiry?.id).toBe(id);

    // As the sample does then: the flow again, which makes another inquiry.
    await app.load(androidAddress);
    await hostedFlow.button('Close').click();
    await hostedFlow.button('Leave').click();
    await expect.poll(() => app.callback?.get('inquiry-id')).toBeNull();
    expect(app.callback?.get('persona-inquiry-id')).toMatch(/^inq_/);
    expect(app.callback?.get('persona-inquiry-id')).not.toBe(id);
    expect(app.openedOutside).toEqual([]);
  });

  test('the x leaves a page that cannot open, and asks nothing', async ({
    page,
    context,
    browserWatch,
    hostedFlow,
  }) => {
    browserWatch.expect(/status of 404 .*\/verify/);
    const app = new AndroidWebView(page);
    await app.attach(context);
    await app.load(`${flow}?is-webview=true&inquiry-id=inq_unknown`);
    await expect(hostedFlow.heading('This verification cannot be opened')).toBeVisible();
    await hostedFlow.button('Close').click();
    await expect.poll(() => app.callback?.get('persona-inquiry-id')).toBe('inq_unknown');
  });

  test('a page that is opened again goes on where the person was', async ({
    page,
    context,
    browserWatch,
    hostedFlow,
    api,
  }) => {
    // The server sees a stranger first: the token is in the WebView.
    browserWatch.expect(/status of 409 .*\/verify/);
    const { id } = await api.create({ attributes: { 'inquiry-template-id': templateId } });
    const app = new AndroidWebView(page);
    await app.attach(context);
    const address = `${flow}?is-webview=true&inquiry-id=${id}`;
    await app.load(address);
    await hostedFlow.button('Get started').click();
    await hostedFlow.button('Submit government ID').click();
    await expect(hostedFlow.step('Selfie')).toBeVisible();
    await app.load(address);
    await expect(hostedFlow.step('Selfie')).toBeVisible();
    await hostedFlow.button('Submit selfie').click();
    await hostedFlow.button('Done').click();
    await expect.poll(() => app.callback?.get('inquiry-id')).toBe(id);
    expect(app.openedOutside).toEqual([]);
  });
});
