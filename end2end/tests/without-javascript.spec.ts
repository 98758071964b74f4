// JavaScript off: everything can be read, and the whole verification goes through the hosted flow.
import { expect, test } from '../fixtures.ts';

test.use({ javaScriptEnabled: false });

test('the page can be read', async ({ signIn, onboarding }) => {
  await signIn.asAlexander();
  await expect(onboarding.heading).toBeVisible();
  await expect(onboarding.information).toContainText('Alexander Sample');
  await expect(onboarding.information).toContainText('August 31, 1977');
  await expect(onboarding.verifyButton).toBeEnabled();
  await expect(onboarding.signOutButton).toBeVisible();
});

test('a verification from start to end', async ({ sandbox, signIn, onboarding, hostedFlow }) => {
  await signIn.asAlexander();
  await onboarding.startVerifying();
  await expect(hostedFlow.step('Verify your identity')).toBeVisible();
  await hostedFlow.button('Get started').click();
  await hostedFlow.button('Submit government ID').click();
  await hostedFlow.button('Submit selfie').click();
  await expect(hostedFlow.step('Success')).toBeVisible();
  await expect
    .poll(async () => (await sandbox.inquiries('usr_ABC123')).map(({ status }) => status))
    .toEqual(['approved']);
});

test('the way back from the hosted flow leaves no personal data in the address', async ({
  page,
  signIn,
  onboarding,
}) => {
  await signIn.asAlexander();
  await page.goto('/onboarding/return?inquiry-id=inq_1&status=completed&fields[name-first]=Ada');
  await expect(page).toHaveURL(/\/onboarding$/);
  await expect(onboarding.heading).toBeVisible();
});
