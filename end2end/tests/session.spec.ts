// Who may start a verification, and what happens to those who may not (any more).
import { expect, test } from '../fixtures.ts';

test('the start page leads to sign-in, and signing in to the onboarding page', async ({
  page,
  signIn,
  onboarding,
}) => {
  await page.goto('/');
  await expect(page).toHaveURL(/\/sign-in/);
  await signIn.demoButton.click();
  await expect(page).toHaveURL(/\/onboarding$/);
  await expect(page).toHaveTitle('Complete Your Profile - Dog Walker');
  await expect(onboarding.heading).toBeVisible();
  await expect(onboarding.information).toContainText('Alexander Sample');
  await expect(onboarding.information).toContainText('August 31, 1977');
  await expect(onboarding.verifyButton).toHaveId('verify-button');
  await page.goto('/');
  await expect(page).toHaveURL(/\/onboarding$/);
});

test('the onboarding page is for the signed in alone', async ({ page, onboarding }) => {
  await onboarding.goto();
  await expect(page).toHaveURL(/\/sign-in\?next=\/onboarding$/);
});

test('sign-out ends the session', async ({ page, signIn, onboarding }) => {
  await signIn.asAlexander();
  await onboarding.signOutButton.click();
  await expect(page).toHaveURL(/\/sign-in/);
  await onboarding.goto();
  await expect(page).toHaveURL(/\/sign-in\?next=\/onboarding$/);
});

test('a click after the session has ended leads to sign-in and back', async ({
  page,
  context,
  browserWatch,
  sandbox,
  signIn,
  onboarding,
  widget,
}) => {
  // Chromium reports every answer of 400 or more to a script.
  browserWatch.expect(/status of 401 .*get-or-create/);
  // The stream ends with the session; whether it was opened again before the click is a matter of time.
  browserWatch.tolerate(/status of 401 .*\/api\/inquiries(?!\/get)/);
  await signIn.asAlexander();
  const otherTab = await context.newPage();
  await otherTab.goto('/onboarding');
  await otherTab.getByRole('button', { name: 'Sign out' }).click();
  await expect(otherTab).toHaveURL(/\/sign-in/);

  await onboarding.startVerifying();
  await expect(page).toHaveURL(/\/sign-in\?next=\/onboarding$/);
  expect(await sandbox.inquiries('usr_ABC123')).toEqual([]);
  await signIn.demoButton.click();
  await expect(page).toHaveURL(/\/onboarding$/);
  await onboarding.startVerifying();
  await expect(widget.step('Verify your identity')).toBeVisible();
});
