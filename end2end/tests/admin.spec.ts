// An operator at work: why is a walker stuck, and what can be done about it.
import { join } from 'node:path';
import type { Locator, Page, TestInfo } from '@playwright/test';
import { expectAccessible } from '../accessibility.ts';
import { expect, test } from '../fixtures.ts';
import { AdminArea } from '../pages/admin.ts';
import type { SignInPage } from '../pages/sign-in.ts';
import { newPerson } from '../pages/sign-up.ts';
import { alexander, stuck } from '../stuck.ts';

const secret = 'wbhsec_end2end';

test.use({ appEnvironment: { OPERATORS: alexander, PERSONA_WEBHOOK_SECRET: secret } });

async function signInOperator(page: Page, signIn: SignInPage): Promise<AdminArea> {
  await signIn.asAlexander();
  await expect(page).toHaveURL(/\/onboarding$/);
  return new AdminArea(page);
}

test('an operator finds why a user is stuck and replays a parked event', async ({
  page,
  request,
  stack,
  sandbox,
  signIn,
}) => {
  const { inquiryId, eventId } = await stuck(stack, request, sandbox, secret);
  const admin = await signInOperator(page, signIn);
  await admin.open();
  await expect(page.getByRole('region', { name: 'Parked events' })).toContainText(
    'it has no reference ID that names the owner',
  );

  await admin.search(inquiryId);
  await expect(page).toHaveURL(new RegExp(`/admin/users/${alexander}$`));
  await expect(admin.glance).toContainText('An event is parked');
  await expect(admin.glance).toContainText('Last click failed: unavailable (request req');
  await expect(admin.glance).toContainText('waiting for the person');
  await expect(admin.story).toContainText('Click (get or create): opened');
  await expect(page.getByText(/Alexander|Sample|1977/)).toHaveCount(0);

  await admin.glance.getByRole('link', { name: 'Look at it and replay it' }).click();
  await expect(page.getByText('"inquiry.started"')).toBeVisible();
  await admin.replayButton.click();
  await expect(admin.news).toContainText('Applying the event again');
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole('heading', { name: /^State/ })).toContainText('applied', {
      timeout: 1_000,
    });
  }).toPass();

  await page.getByRole('link', { name: alexander }).click();
  await expect(admin.glance).not.toContainText('parked');
  await expect(admin.glance).toContainText('In the middle of the newest inquiry');
  await expect(admin.story).toContainText('Operator: replay');

  // What the event said was not so at Persona, which has the last word.
  await admin.refreshButton.click();
  await expect(admin.news).toContainText('Checked with Persona');
  await admin.page.goto('/admin/audit');
  for (const subject of [inquiryId, eventId]) {
    await expect(page.getByRole('listitem').filter({ hasText: subject }).first()).toBeVisible();
  }
});

test('who is no operator finds nothing, and is not led there', async ({
  page,
  browserWatch,
  signUp,
}) => {
  browserWatch.expect(/status of 404 .*admin/);
  await signUp.goto();
  await signUp.signUp(newPerson());
  await expect(page).toHaveURL(/\/onboarding$/);
  await expect(page.getByRole('link', { name: 'Operators' })).toHaveCount(0);
  await page.goto('/admin');
  await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`in ${colorScheme} colours`, () => {
    test.use({ colorScheme });

    test('every page of the area @phone', async (
      { page, request, stack, sandbox, signIn },
      testInfo,
    ) => {
      const { eventId } = await stuck(stack, request, sandbox, secret);
      const admin = await signInOperator(page, signIn);
      await admin.open();
      const pages = [
        ['overview', '/admin'],
        ['person', `/admin/users/${alexander}`],
        ['event', `/admin/events/${eventId}`],
        ['nothing-found', '/admin?said=nothing-found'],
      ];
      for (const [name = '', path = ''] of pages) {
        await page.goto(path);
        await look(page, testInfo, `${colorScheme}-${name}`);
      }
      await page.goto('/admin');
      await admin.search(alexander);
      await expect(page).toHaveURL(/users/);
      await page.goto('/admin/audit');
      await look(page, testInfo, `${colorScheme}-audit`);
    });
  });
}

/** Axe looks, and takes a picture for people. Nothing may stand out beyond the screen's side. */
async function look(page: Page, testInfo: TestInfo, name: string): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, `${name} stands out`).toBeLessThanOrEqual(0);
  await expectAccessible(page);
  const file = `${testInfo.project.name}-admin-${name}.png`;
  const path = join(import.meta.dirname, '../test-results/screenshots', file);
  await page.screenshot({ path, fullPage: true });
  await testInfo.attach(file, { path, contentType: 'image/png' });
}

test('Tab goes through the header as one reads it @phone', async ({ page, signIn }) => {
  await signInOperator(page, signIn);
  await page.goto('/admin');
  const stops = page.getByRole('banner').locator('a, button');
  const count = await stops.count();
  expect(count).toBe(5);
  const boxes: Awaited<ReturnType<Locator['boundingBox']>>[] = [];
  // The first stop leads past the header.
  await page.keyboard.press('Tab');
  for (let stop = 0; stop < count; stop += 1) {
    await page.keyboard.press('Tab');
    await expect(page.getByRole('banner').locator(':focus')).toHaveCount(1);
    boxes.push(await page.locator(':focus').boundingBox());
  }
  const isBefore = boxes.slice(1).map((box, index) => {
    const before = boxes[index];
    return box && before && (box.y >= before.y + before.height / 2 || box.x > before.x);
  });
  expect(isBefore, JSON.stringify(boxes)).toEqual(Array(count - 1).fill(true));
});

test('a verification is in the statistics: each stage, by language and day @phone', async ({
  page,
  signIn,
  onboarding,
  widget,
}) => {
  await signIn.asAlexander();
  await onboarding.startVerifying();
  await widget.complete();
  await expect(onboarding.statusLine).toContainText("You're verified");
  const admin = new AdminArea(page);
  await admin.open();
  const funnel = page.getByRole('region', { name: 'Funnel, as a table' });
  await expect(async () => {
    await page.reload();
    await expect(funnel.getByRole('row', { name: /^Viewed/ })).toHaveText(/^\w+\s*1\s*100 %\s*–$/);
    for (const stage of ['Clicked', 'Opened', 'Submitted', 'Completed', 'Decided']) {
      const row = funnel.getByRole('row', { name: new RegExp(`^${stage}`) });
      await expect(row).toHaveText(/^\w+\s*1\s*100 %\s*100 %$/);
    }
  }).toPass();
  const languages = page.getByRole('region', { name: 'Languages, as a table' });
  await expect(languages.getByRole('row', { name: /^en/ })).toHaveText(/^en\s*1\s*1\s*1\s*1\s*1\s*1\s*100 %$/);
  await expect(page.getByRole('img', { name: /reached each stage$/ })).toBeVisible();
  await expect(page.getByRole('img', { name: /by day$/ })).toBeVisible();
  const decisions = page.getByRole('region', { name: 'Time to a decision', exact: true });
  await expect(decisions).toContainText('Half within');
  const byLanguage = page.getByRole('region', { name: 'Decisions by language' });
  await expect(byLanguage.getByRole('row', { name: /^en 1 / })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('link', { name: '7 days' }).click();
  await expect(page.getByRole('region', { name: 'Days, as a table' }).getByRole('row')).toHaveCount(8);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(page.viewportSize()?.width ?? 0);
});
