// The hosted flow: who gets in by which link, with scripts and without, and the way back
// (docs.withpersona.com, "Hosted Flow: Parameters" and "Inquiry one-time links").
import { expect, test } from '../../sandbox-fixtures.ts';

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? 'with JavaScript' : 'without JavaScript', () => {
    test.use({ javaScriptEnabled });

    test('by ID to the end, and back with the result', async ({
      page,
      hostServer,
      hostedFlow,
      api,
    }) => {
      const { id } = await api.create({ attributes: { 'reference-id': 'usr_hosted' } });
      const query = new URLSearchParams({
        'inquiry-id': id,
        'redirect-uri': `${hostServer.url}/?from=persona`,
      });
      await page.goto(`/verify?${query}`);
      await expect(hostedFlow.step('Verify your identity')).toBeVisible();
      expect((await api.retrieve(id)).status).toBe('created');
      await hostedFlow.button('Get started').click();
      await hostedFlow.button('Submit government ID').click();
      await expect(hostedFlow.step('Selfie')).toBeVisible();
      await page.reload();
      await expect(hostedFlow.step('Selfie')).toBeVisible();
      await hostedFlow.button('Submit selfie').click();
      await expect(hostedFlow.step('Success')).toBeVisible();
      await hostedFlow.button('Done').click();

      await expect(page.getByRole('heading', { name: 'A host page' })).toBeVisible();
      const { origin, searchParams } = new URL(page.url());
      expect(origin).toBe(hostServer.url);
      expect(Object.fromEntries(searchParams)).toMatchObject({
        from: 'persona',
        'inquiry-id': id,
        'reference-id': 'usr_hosted',
        status: 'completed',
        'fields[name_first][type]': 'string',
        'fields[name_first][value]': 'ALEXANDER J',
        'fields[birthdate][value]': '1977-07-17',
      });
    });

    test('a failure returns, too; without a way back there is no button', async ({
      page,
      hostServer,
      hostedFlow,
      api,
    }) => {
      const { id } = await api.create();
      await page.goto(`/verify?inquiry-id=${id}&redirect-uri=${encodeURIComponent(hostServer.url)}`);
      await hostedFlow.passSwitch.uncheck();
      await hostedFlow.button('Get started').click();
      await expect(hostedFlow.passSwitch).not.toBeChecked();
      await hostedFlow.button('Submit government ID').click();
      await hostedFlow.button('Submit selfie').click();
      await expect(hostedFlow.step('Verification failed')).toBeVisible();
      await hostedFlow.button('Done').click();
      await expect(page).toHaveURL(/status=failed/);
      expect((await api.retrieve(id)).status).toBe('failed');

      const other = await api.create();
      await page.goto(`/verify?inquiry-id=${other.id}`);
      await hostedFlow.button('Get started').click();
      await hostedFlow.button('Submit government ID').click();
      await hostedFlow.button('Submit selfie').click();
      await expect(hostedFlow.step('Success')).toBeVisible();
      await expect(hostedFlow.button('Done')).toHaveCount(0);
      await expect(page.getByText('You can close this page now.')).toBeVisible();
    });

    test('a pending inquiry opens with its token and not without', async ({
      page,
      browser,
      stack,
      browserWatch,
      hostedFlow,
      api,
    }) => {
      browserWatch.expect(/status of 409 .*\/verify/);
      const { id } = await api.create();
      // Begun elsewhere: the browser of this test has nothing of it.
      const elsewhere = await browser.newContext({ baseURL: stack.baseURL, javaScriptEnabled });
      const other = await elsewhere.newPage();
      await other.goto(`/verify?inquiry-id=${id}`);
      await other.getByRole('button', { name: 'Get started' }).click();
      await other.getByRole('button', { name: 'Submit government ID' }).click();
      await expect(other.getByRole('heading', { name: 'Selfie', exact: true })).toBeVisible();
      await elsewhere.close();

      await page.goto(`/verify?inquiry-id=${id}`);
      await expect(hostedFlow.heading('Session expired')).toBeVisible();
      const token = await api.resume(id);
      await page.goto(`/verify?inquiry-id=${id}&session-token=${token}`);
      await expect(hostedFlow.step('Selfie')).toBeVisible();
      await hostedFlow.button('Submit selfie').click();
      await expect(hostedFlow.step('Success')).toBeVisible();
    });

    test('a one-time link works once, with five minutes of grace', async ({
      page,
      browserWatch,
      sandbox,
      hostedFlow,
      api,
    }) => {
      browserWatch.expect(/status of 410 .*\/verify/);
      const { id } = await api.create();
      const link = await api.oneTimeLink(id);
      await page.goto(link);
      await expect(hostedFlow.step('Verify your identity')).toBeVisible();
      await sandbox.advanceClock(4 * 60);
      await page.goto(link);
      await expect(hostedFlow.step('Verify your identity')).toBeVisible();
      await sandbox.advanceClock(2 * 60);
      await page.goto(link);
      await expect(hostedFlow.heading('Link no longer valid')).toBeVisible();
      await expect(page.getByText('was used before')).toBeVisible();
      // The inquiry itself is none the worse for it.
      await page.goto(await api.oneTimeLink(id));
      await expect(hostedFlow.step('Verify your identity')).toBeVisible();
    });
  });
}

test('the tab that began a pending inquiry comes back to it without a token', async ({
  page,
  browserWatch,
  hostedFlow,
  api,
}) => {
  browserWatch.expect(/status of 409 .*\/verify/);
  const { id } = await api.create();
  await page.goto(`/verify?inquiry-id=${id}`);
  await hostedFlow.button('Get started').click();
  await hostedFlow.button('Submit government ID').click();
  await expect(hostedFlow.step('Selfie')).toBeVisible();
  // The server knows nothing of the tab; its first answer is the refusal.
  await page.goto(`/verify?inquiry-id=${id}`);
  await expect(hostedFlow.step('Selfie')).toBeVisible();
});

test('an unused one-time link dies with its time, and with its inquiry', async ({
  page,
  browserWatch,
  sandbox,
  hostedFlow,
  api,
}) => {
  browserWatch.expect(/status of 410 .*\/verify/);
  const { id } = await api.create();
  const short = await api.oneTimeLink(id, { 'expires-in-seconds': 60 });
  const long = await api.oneTimeLink(id);
  await sandbox.advanceClock(61);
  await page.goto(short);
  await expect(hostedFlow.heading('Link no longer valid')).toBeVisible();
  await expect(page.getByText('its time is over')).toBeVisible();
  await api.expire(id);
  await page.goto(long);
  await expect(hostedFlow.heading('Inquiry expired')).toBeVisible();
});

test('a finished inquiry and an unknown one say what is the matter', async ({
  page,
  browserWatch,
  hostedFlow,
  api,
}) => {
  browserWatch.expect(/status of 404 .*\/verify/);
  const { id } = await api.create();
  await api.approve(id);
  await page.goto(`/verify?inquiry-id=${id}`);
  await expect(hostedFlow.heading('Already finished')).toBeVisible();
  await page.goto('/verify?inquiry-id=inq_unknown');
  await expect(hostedFlow.heading('This verification cannot be opened')).toBeVisible();
});

test('a way back that the template does not list is refused before the flow begins', async ({
  page,
  browserWatch,
  dashboard,
  hostServer,
  hostedFlow,
  api,
}) => {
  browserWatch.expect(/status of 400 .*\/verify/);
  await dashboard.templateSettings('Security');
  const domains = page.getByRole('textbox', { name: /^Allowed redirect domains/ });
  await domains.fill(new URL(hostServer.url).host);
  await dashboard.save();
  const { id } = await api.create();
  const open = (redirect: string) =>
    page.goto(`/verify?inquiry-id=${id}&redirect-uri=${encodeURIComponent(redirect)}`);
  for (const redirect of ['https://evil.example/', 'javascript:alert(1)']) {
    await open(redirect);
    await expect(hostedFlow.heading('This verification cannot be opened')).toBeVisible();
  }
  await open(hostServer.url);
  await expect(hostedFlow.step('Verify your identity')).toBeVisible();
});

test('the hosted flow refuses to be framed', async ({ page, browserWatch, host, hostServer, stack, api }) => {
  browserWatch.expect(/frame-ancestors|X-Frame-Options/i);
  const { id } = await api.create();
  await page.goto(hostServer.url);
  const failed = page.waitForEvent('requestfailed');
  await page.evaluate((address) => {
    const frame = document.createElement('iframe');
    frame.src = address;
    document.body.append(frame);
  }, `${stack.sandboxURL}/verify?inquiry-id=${id}`);
  expect((await failed).failure()?.errorText).toMatch(/BLOCKED_BY_RESPONSE/);
  await expect(page.frameLocator('iframe').getByRole('heading', { name: 'Verify your identity' })).toHaveCount(0);
  expect(await host.heard()).toEqual([]);
});
