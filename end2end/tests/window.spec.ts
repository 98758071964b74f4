// What a person can do with Persona's window open, and after it.
import { expect, test } from '../fixtures.ts';

test.beforeEach(async ({ signIn }) => {
  await signIn.asAlexander();
});

test('closed and opened again without a reload, it goes on where it was left @phone', async ({
  page,
  sandbox,
  onboarding,
  widget,
}) => {
  await page.evaluate(() => Reflect.set(window, 'stillTheSamePage', true));
  await onboarding.startVerifying();
  await widget.getStarted();
  await widget.submitGovernmentId();
  await expect(widget.step('Selfie')).toBeVisible();
  await widget.leave();
  await expect(widget.dialog).toBeHidden();
  await expect(onboarding.verifyButton).toBeFocused();

  await onboarding.startVerifying();
  await expect(widget.step('Selfie')).toBeVisible();
  expect(await page.evaluate(() => Reflect.get(window, 'stillTheSamePage'))).toBe(true);
  // The session token that the window handed back was enough.
  expect(await sandbox.calls('resume')).toBe(0);
});

test('a second thought at the close button loses nothing', async ({ onboarding, widget }) => {
  await onboarding.startVerifying();
  await widget.getStarted();
  await expect(widget.step('Government ID')).toBeVisible();
  await widget.button('Close').click();
  await widget.button('Stay').click();
  await expect(widget.leaveDialog).toBeHidden();
  await expect(widget.step('Government ID')).toBeVisible();
  await widget.submitGovernmentId();
  await expect(widget.step('Selfie')).toBeVisible();
});

test('with the switch off the verification fails and may be tried again', async ({
  sandbox,
  onboarding,
  widget,
}) => {
  await onboarding.startVerifying();
  await expect(widget.passSwitch).toBeChecked();
  await widget.passSwitch.click();
  await expect(widget.passSwitch).not.toBeChecked();
  await widget.getStarted();
  await widget.submitGovernmentId();
  // How many attempts there are is the template's affair.
  await expect(async () => {
    const tryAgain = widget.button('Try again');
    if (await tryAgain.isVisible()) await tryAgain.click();
    const submit = widget.frame.getByRole('button', { name: /^Submit / });
    if (await submit.isVisible()) await submit.click();
    await expect(widget.button('Done')).toBeVisible({ timeout: 500 });
  }).toPass();
  await expect(widget.step('Verification failed')).toBeVisible();
  await widget.done();
  await expect(widget.dialog).toBeHidden();
  await expect(onboarding.statusLine).toContainText(/didn't work|couldn't verify you/);
  await expect(onboarding.verifyButton).toBeFocused();
  expect((await sandbox.inquiries('usr_ABC123')).at(0)?.status).toMatch(/failed|declined/);
});

test('two quick clicks open one window and make one inquiry', async ({
  page,
  sandbox,
  onboarding,
  widget,
}) => {
  await onboarding.verifyButton.dblclick();
  await expect(widget.step('Verify your identity')).toBeVisible();
  await expect(page.locator('iframe.persona-widget__iframe')).toHaveCount(1);
  expect(await sandbox.inquiries('usr_ABC123')).toHaveLength(1);
});

test('the page is left and come back to: nothing of the window is left behind', async ({
  page,
  onboarding,
  widget,
}) => {
  await onboarding.startVerifying();
  await expect(widget.step('Verify your identity')).toBeVisible();
  await page.goto('about:blank');
  await page.goBack();
  await expect(onboarding.heading).toBeVisible();
  await expect(widget.dialog).toHaveCount(0);
  await onboarding.startVerifying();
  await expect(widget.step('Verify your identity')).toBeVisible();
});

test('by keyboard alone, from the button to the end', async ({ page, onboarding, widget }) => {
  const tabTo = async (target: typeof onboarding.verifyButton) => {
    await expect(async () => {
      await page.keyboard.press('Tab');
      await expect(target).toBeFocused({ timeout: 100 });
    }).toPass({ intervals: [0] });
  };

  await tabTo(onboarding.verifyButton);
  await page.keyboard.press('Enter');
  await expect(widget.step('Verify your identity')).toBeFocused();
  await tabTo(widget.button('Get started'));
  await page.keyboard.press('Enter');
  await expect(widget.step('Government ID')).toBeFocused();
  await tabTo(widget.button('Submit government ID'));
  await page.keyboard.press('Enter');
  await expect(widget.step('Selfie')).toBeFocused();

  await page.keyboard.press('Escape');
  await expect(widget.leaveDialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(widget.leaveDialog).toBeHidden();

  await tabTo(widget.button('Submit selfie'));
  await page.keyboard.press('Space');
  await expect(widget.step('Success')).toBeFocused();
  await tabTo(widget.button('Done'));
  await page.keyboard.press('Enter');
  await expect(widget.dialog).toBeHidden();
  // There is nothing to press: what comes next is read from here.
  await expect(onboarding.card).toBeFocused();
  await expect(onboarding.debugInfo).toContainText('Completed inquiry with ID: inq_');
});

test('an inquiry that has used up its sessions is followed by another', async ({
  page,
  sandbox,
  persona,
  onboarding,
  widget,
}) => {
  await onboarding.startVerifying();
  await expect(widget.step('Verify your identity')).toBeVisible();
  const spent = (await sandbox.newestInquiry('usr_ABC123')).id;
  await widget.leave();
  // Without the session token that the page keeps.
  await page.reload();

  // The last session goes after our server has looked and before the window opens.
  const click = '**/api/inquiries/get-or-create';
  await page.route(
    click,
    async (route) => {
      const response = await route.fetch();
      await persona.spendSessions(spent);
      await route.fulfill({ response });
    },
    { times: 1 },
  );
  await onboarding.startVerifying();
  await expect(onboarding.statusLine).toContainText('closed unexpectedly');
  await expect(widget.dialog).toBeHidden();

  await onboarding.startVerifying();
  await expect(widget.step('Verify your identity')).toBeVisible();
  expect((await sandbox.newestInquiry('usr_ABC123')).id).not.toBe(spent);
  expect((await persona.retrieve(spent)).status).toBe('expired');
});
