// The tutorial's step 9: a browser can create inquiries from a template, until the dashboard's
// "Block client-side Inquiry creation" forbids it; inquiries made by a server open all the same
// (docs.withpersona.com/docs/tutorial-embedded-flow-precreate).
import { environmentId, templateId } from '../../persona-api.ts';
import { expect, test } from '../../sandbox-fixtures.ts';

const blockCreation = 'Block client-side Inquiry creation';

test('a browser creates, is then forbidden to, and opens what a server made', async ({
  dashboard,
  host,
  widget,
  api,
  sandbox,
}) => {
  let created = '';

  await test.step('an inquiry is created from the template, with fields and a reference ID', async () => {
    await host.openTemplate({
      referenceId: 'usr_browser',
      fields: { name_first: 'Ada', name_last: 'Example', birthdate: '1990-05-01' },
    });
    await expect(widget.step('Verify your identity')).toBeVisible();
    const inquiries = await sandbox.inquiries('usr_browser');
    expect(inquiries).toMatchObject([{ status: 'created', referenceId: 'usr_browser' }]);
    created = inquiries[0]?.id ?? '';
    expect(await host.heardBy('onEvent:start')).toEqual([{ inquiryId: created }]);
    const { fields } = await api.retrieve(created);
    expect(fields).toMatchObject({
      name_first: { type: 'string', value: 'Ada' },
      name_last: { type: 'string', value: 'Example' },
      birthdate: { type: 'date', value: '1990-05-01' },
    });
  });

  await test.step('it can be finished', async () => {
    await widget.getStarted();
    await widget.submitGovernmentId();
    await widget.submitSelfie();
    await expect(widget.step('Success')).toBeVisible();
    await widget.done();
    await expect(widget.dialog).toBeHidden();
    expect(await host.heardBy('onComplete')).toMatchObject([{ inquiryId: created }]);
  });

  await test.step('the switch is set in the dashboard', async () => {
    await dashboard.setChoice('Security', blockCreation, true);
    await expect(dashboard.page.getByRole('checkbox', { name: blockCreation })).toBeChecked();
  });

  await test.step('a browser is refused, and the SDK says so', async () => {
    await host.openTemplate({ referenceId: 'usr_browser' });
    await expect(widget.refusal).toBeVisible();
    await expect(widget.frame.getByText('does not let a browser create inquiries')).toBeVisible();
    expect(await host.heardBy('onError')).toEqual([
      {
        status: 400,
        code: 'invalid_config',
        message: 'this template does not let a browser create inquiries',
      },
    ]);
    expect(await host.heardBy('onReady')).toEqual([]);
    expect(await sandbox.inquiries('usr_browser')).toHaveLength(1);
  });

  await test.step('an inquiry that a server created still opens', async () => {
    const { id } = await api.create({ attributes: { 'reference-id': 'usr_server' } });
    await host.open({ inquiryId: id });
    await expect(widget.step('Verify your identity')).toBeVisible();
    expect(await host.heardBy('onError')).toEqual([]);
    expect(await host.heardBy('onEvent:start')).toEqual([{ inquiryId: id }]);
  });

  await test.step('switched off again, a browser may create again', async () => {
    await dashboard.setChoice('Security', blockCreation, false);
    await host.openTemplate({ referenceId: 'usr_later' });
    await expect(widget.step('Verify your identity')).toBeVisible();
    expect(await sandbox.inquiries('usr_later')).toHaveLength(1);
  });
});

test('the hosted flow creates from the template under the same switch', async ({
  page,
  dashboard,
  hostedFlow,
  browserWatch,
  sandbox,
}) => {
  const query = new URLSearchParams({
    'inquiry-template-id': templateId,
    'environment-id': environmentId,
    'reference-id': 'usr_hosted',
  });
  await page.goto(`/verify?${query}`);
  await expect(hostedFlow.step('Verify your identity')).toBeVisible();
  expect(await sandbox.inquiries('usr_hosted')).toEqual([]);
  await hostedFlow.button('Get started').click();
  await expect(hostedFlow.step('Government ID')).toBeVisible();
  expect(await sandbox.inquiries('usr_hosted')).toHaveLength(1);

  await dashboard.setChoice('Security', blockCreation, true);
  browserWatch.expect(/status of 400 .*\/verify/);
  await page.goto(`/verify?${query}`);
  await expect(hostedFlow.heading('This verification cannot be opened')).toBeVisible();
  expect(await sandbox.inquiries('usr_hosted')).toHaveLength(1);
});
