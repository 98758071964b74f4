// The life of an inquiry as Persona's tutorial walks through it, with JavaScript off: each start
// leads to the hosted flow, and its last button back to the app.
import { expect, test } from '../fixtures.ts';

const user = 'usr_ABC123';

test.use({ javaScriptEnabled: false });

test('the four scenarios, one after another, through the hosted flow @phone', async ({
  page,
  stack,
  sandbox,
  signIn,
  onboarding,
  hostedFlow,
}) => {
  const statuses = async () => (await sandbox.inquiries(user)).map(({ status }) => status);
  await signIn.asAlexander();

  await test.step('1: a new inquiry is created; left at once', async () => {
    await onboarding.startVerifying();
    await expect(hostedFlow.step('Verify your identity')).toBeVisible();
    expect(new URL(page.url()).origin).toBe(stack.sandboxURL);
    // A one-time link names no inquiry.
    expect(page.url()).not.toContain('inq_');
    expect(await statuses()).toEqual(['created']);
    await onboarding.goto();
  });

  await test.step('2: the created one opens again; left at the selfie', async () => {
    await onboarding.startVerifying();
    await expect(hostedFlow.step('Verify your identity')).toBeVisible();
    await hostedFlow.button('Get started').click();
    await hostedFlow.button('Submit government ID').click();
    await expect(hostedFlow.step('Selfie')).toBeVisible();
    expect(await statuses()).toEqual(['pending']);
    await onboarding.goto();
  });

  await test.step('3: the pending one goes on at the selfie, and leads back', async () => {
    await onboarding.startVerifying();
    await expect(hostedFlow.step('Selfie')).toBeVisible();
    await hostedFlow.button('Submit selfie').click();
    await expect(hostedFlow.step('Success')).toBeVisible();
    await hostedFlow.button('Done').click();
    await expect(onboarding.heading).toBeVisible();
    // Persona's way back carries personal data: none of it stays in the address.
    expect(page.url()).toBe(`${stack.baseURL}/onboarding`);
    await expect.poll(statuses).toEqual(['approved']);
  });

  await test.step('4: a finished inquiry does not stand in the way of a new one', async () => {
    await onboarding.startVerifying();
    await expect(hostedFlow.step('Verify your identity')).toBeVisible();
    expect(await statuses()).toEqual(['created', 'approved']);
  });
});
