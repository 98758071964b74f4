// Every way in which the flow in the window can end or refuse to begin, as the host page hears it
// (docs.withpersona.com, "Embedded Flow: Client Callbacks").
import { expect, test } from '../../sandbox-fixtures.ts';

test('a flow from start to end: the callbacks come in the documented order', async ({
  host,
  widget,
  api,
}) => {
  const { id } = await api.create();
  await host.open({ inquiryId: id });
  await widget.getStarted();
  await widget.submitGovernmentId();
  await expect(widget.step('Selfie')).toBeVisible();
  expect((await api.retrieve(id)).status).toBe('pending');
  await widget.submitSelfie();
  await expect(widget.step('Success')).toBeVisible();
  // The person is done, but the page learns it from the last button alone.
  expect(await host.heardBy('onComplete')).toEqual([]);
  await widget.done();
  await expect(widget.dialog).toBeHidden();

  const documented = ['onLoad', 'onEvent:start', 'onReady', 'onComplete', 'onCancel', 'onError'];
  expect(await host.order(...documented)).toEqual(['onLoad', 'onEvent:start', 'onReady', 'onComplete']);
  const pages = await host.heardBy('onEvent:page-change');
  expect(pages.map(({ name }) => name)).toEqual(['start', 'government_id', 'selfie', 'success']);
  const [result] = await host.heardBy('onComplete');
  expect(result).toMatchObject({ inquiryId: id, status: 'completed' });
  expect(result.fields.name_first).toEqual({ type: 'string', value: 'ALEXANDER J' });
});

test('without another attempt the failure screen is the end', async ({ host, widget, api }) => {
  const { id } = await api.create();
  await host.open({ inquiryId: id });
  await widget.passSwitch.click();
  await widget.getStarted();
  await widget.submitGovernmentId();
  await widget.submitSelfie();
  await expect(widget.step('Verification failed')).toBeVisible();
  await expect(widget.button('Try again')).toHaveCount(0);
  await expect(widget.button('Close')).toBeHidden();
  await widget.done();
  await expect(widget.dialog).toBeHidden();
  expect(await host.heardBy('onComplete')).toMatchObject([{ inquiryId: id, status: 'failed' }]);
  expect(await host.heardBy('onEvent:fail')).toHaveLength(1);
  expect(await host.heardBy('onEvent:complete')).toEqual([]);
  expect((await api.retrieve(id)).status).toBe('failed');
});

test('the workflow that declines what failed can be switched on', async ({
  dashboard,
  host,
  widget,
  api,
}) => {
  await dashboard.setChoice('General', 'Decline failed inquiries', true);
  const { id } = await api.create();
  await host.open({ inquiryId: id });
  await widget.passSwitch.click();
  await widget.getStarted();
  await widget.submitGovernmentId();
  await widget.submitSelfie();
  await expect(widget.step('Verification failed')).toBeVisible();
  await expect.poll(async () => (await api.retrieve(id)).status).toBe('declined');
});

test('another attempt begins at the document and can succeed', async ({
  dashboard,
  host,
  widget,
  api,
}) => {
  await dashboard.setNumber(/^Attempts/, 2);
  const { id } = await api.create();
  await host.open({ inquiryId: id });
  await widget.passSwitch.click();
  await widget.getStarted();
  await widget.submitGovernmentId();
  await widget.submitSelfie();
  await expect(widget.step('Verification failed')).toBeVisible();
  await expect(widget.button('Done')).toHaveCount(0);
  expect((await api.retrieve(id)).status).toBe('pending');

  await widget.passSwitch.click();
  await expect(widget.passSwitch).toBeChecked();
  await widget.button('Try again').click();
  await expect(widget.step('Government ID')).toBeVisible();
  await widget.submitGovernmentId();
  await widget.submitSelfie();
  await expect(widget.step('Success')).toBeVisible();
  await widget.done();
  await expect(widget.dialog).toBeHidden();
  expect(await host.heardBy('onComplete')).toMatchObject([{ inquiryId: id, status: 'completed' }]);
  await expect.poll(async () => (await api.retrieve(id)).status).toBe('approved');
});

test('an expired inquiry says so, and is no error', async ({ host, widget, api }) => {
  const { id } = await api.create();
  await api.expire(id);
  await host.open({ inquiryId: id });
  await expect(widget.heading('Inquiry expired')).toBeVisible();
  expect(await host.heardBy('onError')).toEqual([]);
  // Nothing is unfinished, so there is nothing to confirm.
  await widget.button('Close').click();
  await expect(widget.dialog).toBeHidden();
  expect(await host.heardBy('onCancel')).toMatchObject([{ inquiryId: id }]);
  expect((await api.retrieve(id)).status).toBe('expired');
});

test('an inquiry that expires while it is open stops at the next step', async ({
  host,
  widget,
  api,
  sandbox,
}) => {
  const { id } = await api.create({ meta: { 'expiration-after-create-interval-seconds': 60 } });
  await host.open({ inquiryId: id });
  await widget.getStarted();
  await expect(widget.step('Government ID')).toBeVisible();
  await sandbox.advanceClock(61);
  await widget.submitGovernmentId();
  // An expiry ends the sessions too, so the page hears of its token and can ask for another.
  await expect(widget.heading('Session expired')).toBeVisible();
  expect(await host.heardBy('onError')).toMatchObject([{ status: 409, code: 'unauthenticated' }]);
  expect((await api.retrieve(id)).status).toBe('expired');

  await test.step('resumed by the server, it goes on', async () => {
    await host.open({ inquiryId: id, sessionToken: await api.resume(id) });
    await expect(widget.step('Government ID')).toBeVisible();
    expect((await api.retrieve(id)).status).toBe('pending');
  });
});

for (const outcome of ['approved', 'expired then approved'] as const) {
  test(`an inquiry that is ${outcome} is already finished`, async ({ host, widget, api }) => {
    const { id } = await api.create();
    if (outcome !== 'approved') await api.expire(id);
    await api.approve(id);
    await host.open({ inquiryId: id });
    await expect(widget.heading('Already finished')).toBeVisible();
    expect(await host.heardBy('onError')).toEqual([]);
    expect(await host.heardBy('onComplete')).toEqual([]);
    await widget.button('Close').click();
    await expect(widget.dialog).toBeHidden();
    expect(await host.heardBy('onCancel')).toHaveLength(1);
  });
}

test('a pending inquiry without its token is unauthenticated, with a good one it goes on', async ({
  host,
  widget,
  api,
}) => {
  const { id } = await api.create();
  await host.open({ inquiryId: id });
  await widget.getStarted();
  await widget.submitGovernmentId();
  await expect(widget.step('Selfie')).toBeVisible();

  for (const sessionToken of [undefined, 'eyJhbGciOiJIUzI1NiJ9.e30.forged']) {
    await host.open({ inquiryId: id, ...(sessionToken && { sessionToken }) });
    await expect(widget.heading('Session expired')).toBeVisible();
    expect(await host.heardBy('onError')).toMatchObject([{ status: 409, code: 'unauthenticated' }]);
    expect(await host.heardBy('onReady')).toEqual([]);
  }

  await host.reopen({ inquiryId: id, sessionToken: await api.resume(id) });
  await expect(widget.step('Selfie')).toBeVisible();
  expect(await host.heardBy('onReady')).toHaveLength(1);
});

test('onCancel hands back a token that opens the same inquiry again', async ({ host, widget, api }) => {
  const { id } = await api.create();
  await host.open({ inquiryId: id });
  await widget.getStarted();
  await widget.submitGovernmentId();
  await expect(widget.step('Selfie')).toBeVisible();
  await widget.leave();
  await expect(widget.dialog).toBeHidden();
  const [left] = await host.heardBy('onCancel');
  expect(left.inquiryId).toBe(id);
  expect(await host.heardBy('onComplete')).toEqual([]);

  await host.open(left);
  await expect(widget.step('Selfie')).toBeVisible();
});

test('an inactive template creates nothing and opens nothing', async ({
  dashboard,
  host,
  widget,
  api,
  sandbox,
}) => {
  const { id } = await api.create({ attributes: { 'reference-id': 'usr_before' } });
  await dashboard.setChoice('General', 'Active', false);

  await host.open({ inquiryId: id });
  await expect(widget.refusal).toBeVisible();
  expect(await host.heardBy('onError')).toMatchObject([{ status: 422, code: 'inactive_template' }]);

  await host.openTemplate({ referenceId: 'usr_after' });
  await expect(widget.refusal).toBeVisible();
  expect(await host.heardBy('onError')).toMatchObject([{ status: 422, code: 'inactive_template' }]);
  expect(await sandbox.inquiries('usr_after')).toEqual([]);
});

test('an unknown inquiry and an unknown template are told apart from a good one', async ({
  host,
  widget,
}) => {
  await host.open({ inquiryId: 'inq_unknown' });
  await expect(widget.refusal).toBeVisible();
  expect(await host.heardBy('onError')).toMatchObject([{ status: 404, code: 'unknown' }]);

  await host.open({ templateId: 'itmpl_unknown' });
  await expect(widget.refusal).toBeVisible();
  expect(await host.heardBy('onError')).toMatchObject([{ status: 400, code: 'invalid_config' }]);

  await host.openTemplate({ environmentId: 'env_other' });
  await expect(widget.refusal).toBeVisible();
  expect(await host.heardBy('onError')).toMatchObject([{ status: 400, code: 'invalid_config' }]);
});

test('a page that the template does not list may not embed it', async ({
  dashboard,
  host,
  hostServer,
  browserWatch,
  widget,
  api,
}) => {
  const { id } = await api.create();
  await dashboard.templateSettings('Security');
  const domains = dashboard.page.getByRole('textbox', { name: /^Allowed domains/ });
  await domains.fill('walks.example');
  await dashboard.save();
  // As at Persona, only the browser's console tells; the frame stays empty.
  browserWatch.expect(/frame-ancestors|X-Frame-Options/i);
  browserWatch.expect(/status of 403 /);
  await host.open({ inquiryId: id });
  await expect.poll(() => host.page.frames().map((frame) => frame.url())).toHaveLength(2);
  await expect(widget.step('Verify your identity')).toHaveCount(0);
  expect(await host.heard()).toEqual([]);

  await dashboard.templateSettings('Security');
  await domains.fill(new URL(hostServer.url).host);
  await dashboard.save();
  await host.open({ inquiryId: id });
  await expect(widget.step('Verify your identity')).toBeVisible();
});

test('the sandbox out of reach in mid-flow: nothing is lost, and the step can be sent again', async ({
  page,
  host,
  widget,
  browserWatch,
  api,
}) => {
  browserWatch.expect(/net::ERR_FAILED .*\/widget\/step/);
  const { id } = await api.create();
  await host.open({ inquiryId: id });
  await widget.getStarted();
  await expect(widget.step('Government ID')).toBeVisible();
  await page.route('**/widget/step', (route) => route.abort());
  await widget.submitGovernmentId();
  await expect(widget.frame.getByRole('alert')).toContainText('could not be reached');
  await page.unrouteAll();
  await widget.submitGovernmentId();
  await expect(widget.step('Selfie')).toBeVisible();
});
