// A team with React: the unmodified `persona-react` package shows the flow inline.
import { expect, test } from '../../sandbox-fixtures.ts';

test('persona-react shows an inquiry inline and hears its result', async ({ page, host, widget, api }) => {
  const { id } = await api.create({ attributes: { 'reference-id': 'usr_react' } });
  await host.openReact({ inquiryId: id });
  await expect(widget.step('Verify your identity')).toBeVisible();
  await expect(page.locator('.persona-widget__overlay')).toHaveCount(0);
  await widget.getStarted();
  await widget.submitGovernmentId();
  await expect(widget.step('Selfie')).toBeVisible();
  expect((await api.retrieve(id)).status).toBe('pending');
  await widget.submitSelfie();
  await expect(widget.step('Success')).toBeVisible();
  await widget.done();

  await expect(page.getByRole('status')).toHaveText(`${id} completed`);
  expect(await host.order('onLoad', 'onReady', 'onComplete', 'onCancel', 'onError')).toEqual([
    'onLoad',
    'onReady',
    'onComplete',
  ]);
  const pages = await host.heardBy('onEvent:page-change');
  expect(pages.map(({ name }) => name)).toEqual(['start', 'government_id', 'selfie', 'success']);
  await expect.poll(async () => (await api.retrieve(id)).status).toBe('approved');
});

test('persona-react creates an inquiry from the template', async ({ host, widget, sandbox }) => {
  await host.openReact({ templateId: 'itmpl_sandboxKYC', referenceId: 'usr_react' });
  await expect(widget.step('Verify your identity')).toBeVisible();
  expect(await sandbox.inquiries('usr_react')).toMatchObject([{ status: 'created' }]);
});
