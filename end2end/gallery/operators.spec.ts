// The operators' area: before anybody came, with a month of history, a person's page, an event.
import { expect } from '../fixtures.ts';
import { AdminArea } from '../pages/admin.ts';
import { alexander, stuck } from '../stuck.ts';
import { fillHistory } from './history.ts';
import { operatorTest as test, webhookSecret } from './shoot.ts';

test('nothing has happened', async ({ page, shoot }) => {
  await page.request.post('/api/session/demo');
  await page.goto('/admin');
  await shoot('70-operators-empty');
  await new AdminArea(page).search('usr_nobody');
  await expect(page.getByRole('status')).toContainText('No match');
  await shoot('71-operators-nothing-found');
});

test('a month, and somebody who is stuck', async ({ page, request, stack, database, sandbox, persona, shoot }) => {
  const { inquiryId, eventId } = await stuck(stack, request, sandbox, webhookSecret);
  fillHistory(database);
  await page.request.post('/api/session/demo');
  const failedClicks = page.getByRole('region', { name: 'Failed clicks' }).getByRole('listitem');
  // Clicks are logged after their answer.
  await expect(async () => {
    await page.goto('/admin');
    await expect(failedClicks).toHaveCount(1, { timeout: 500 });
  }).toPass();
  await shoot('72-operators');
  const admin = new AdminArea(page);
  await page.goto(`/admin/users/${alexander}`);
  await expect(admin.glance).toContainText('An event is parked');
  await shoot('73-operators-stuck');
  await page.goto(`/admin/events/${eventId}`);
  await shoot('74-operators-event');
  await admin.replayButton.click();
  await expect(admin.news).toContainText('Applying the event again');
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole('heading', { name: /^State/ })).toContainText('applied', { timeout: 1_000 });
  }).toPass();
  await shoot('75-operators-replayed');

  // Declined, verified by another try, and looked at by an operator.
  for (const action of ['complete_inquiry', 'decline_inquiry']) await persona.simulate(inquiryId, action);
  await page.request.post('/api/inquiries/get-or-create');
  const second = (await sandbox.newestInquiry(alexander)).id;
  for (const action of ['start_inquiry', 'complete_inquiry', 'approve_inquiry']) {
    await persona.simulate(second, action);
  }
  await expect(async () => {
    await page.goto(`/admin/users/${alexander}`);
    await expect(admin.glance).toContainText('Approved', { timeout: 500 });
  }).toPass();
  await admin.refreshButton.first().click();
  await expect(admin.news).toContainText('Checked with Persona');
  await shoot('76-operators-person');
  await page.goto('/admin/audit');
  await shoot('77-operators-audit');
});
