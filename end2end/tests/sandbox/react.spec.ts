// A team with React: the unmodified `persona-react` package shows the flow inline.
import { expect, test } from '../../sandbox-fixtures.ts';

test('persona-react shows an inquiry inline and hears its result', async ({ page, host, widget, api }) => {
  const { id } = await api.create({ attributes: { 'reference-id': 'usr_react' } });
  await host.openReact({ inquiryId: id });
  const inline = page.locator('iframe').contentFrame();
  const heading = (name: string) => inline.getByRole('heading', { level: 1, name, exact: true });
  const press = (name: string) => inline.getByRole('button', { name, exact: true }).click();
  await expect(heading('Verify your identity')).toBeVisible();
  await expect(widget.dialog).toHaveCount(0);
  await press('Get started');
  await press('Submit government ID');
  await expect(heading('Selfie')).toBeVisible();
  expect((await api.retrieve(id)).status).toBe('pending');
  await press('Submit selfie');
  await expect(heading('Success')).toBeVisible();
  await press('Done');

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

test('persona-react creates an inquiry from the template', async ({ page, host, sandbox }) => {
  await host.openReact({ templateId: 'itmpl_sandboxKYC', referenceId: 'usr_react' });
  const inline = page.locator('iframe').contentFrame();
  await expect(inline.getByRole('heading', { name: 'Verify your identity' })).toBeVisible();
  expect(await sandbox.inquiries('usr_react')).toMatchObject([{ status: 'created' }]);
});
