// The pictures of docs/tutorial.md, in the order of its steps. The README shows one of them.
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { Dashboard } from '../pages/dashboard.ts';

const folder = join(import.meta.dirname, '../../docs/images');

/** The whole page; what is visible of it where a window covers it. */
async function shoot(page: Page, name: string, fullPage = false): Promise<void> {
  // A pressed button keeps its other colour for as long as the pointer is on it.
  await page.mouse.move(0, 0);
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled', fullPage });
}

test('the pictures of the tutorial', async ({
  page,
  stack,
  sandbox,
  signIn,
  onboarding,
  results,
  widget,
}) => {
  await signIn.goto();
  await shoot(page, 'sign-in', true);
  await signIn.asAlexander();
  await shoot(page, 'onboarding', true);

  await test.step('scenario 1: created', async () => {
    await onboarding.startVerifying();
    await expect(widget.step('Verify your identity')).toBeVisible();
    await shoot(page, 'window');
    await widget.leave();
    await expect(widget.dialog).toBeHidden();
  });

  await test.step('scenario 2: continued, left at the selfie', async () => {
    await page.reload();
    await onboarding.startVerifying();
    await widget.getStarted();
    await expect(widget.step('Government ID')).toBeVisible();
    await shoot(page, 'government-id');
    await widget.submitGovernmentId();
    await expect(widget.step('Selfie')).toBeVisible();
    await widget.leave();
    await expect(widget.dialog).toBeHidden();
  });

  await test.step('scenario 3: resumed and completed', async () => {
    await page.reload();
    await onboarding.startVerifying();
    await expect(widget.step('Selfie')).toBeVisible();
    await shoot(page, 'resumed');
    await widget.submitSelfie();
    await expect(widget.step('Success')).toBeVisible();
    await widget.done();
    await expect(onboarding.debugInfo).toContainText('Completed inquiry');
    await expect(onboarding.statusLine).toContainText("You're verified");
    await shoot(page, 'verified', true);
  });

  await test.step('scenario 4: another one', async () => {
    await page.reload();
    await onboarding.startVerifying();
    await expect(widget.step('Verify your identity')).toBeVisible();
    await widget.leave();
    await expect(widget.dialog).toBeHidden();
    expect((await sandbox.inquiries('usr_ABC123')).map(({ status }) => status)).toEqual([
      'created',
      'approved',
    ]);
    await results.goto();
    await expect(results.items).toHaveCount(2);
    await shoot(page, 'results', true);
    await page.setViewportSize({ width: 1180, height: 460 });
    await new Dashboard(page, stack.sandboxURL).goto();
    await shoot(page, 'dashboard');
  });
});
