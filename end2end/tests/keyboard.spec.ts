// The four scenarios, sign-up and the rest of an account without a pointer: by Tab, Enter, Space, Escape
// and typing alone. Each stop must be visible, and no change may lose the focus.
import { expect, test as base } from '../fixtures.ts';
import { Keyboard } from '../pages/keyboard.ts';
import { newPerson } from '../pages/sign-up.ts';

const user = 'usr_ABC123';

const test = base.extend<{ keyboard: Keyboard; signInAsAlexander: () => Promise<void> }>({
  keyboard: async ({ page }, use) => {
    await use(new Keyboard(page));
  },
  signInAsAlexander: async ({ page, signIn, keyboard }, use) => {
    await use(async () => {
      await signIn.goto();
      await keyboard.press(signIn.demoButton, 'Enter');
      await page.waitForURL('**/onboarding');
    });
  },
});

test('the four scenarios, one after another', async ({
  page,
  sandbox,
  signInAsAlexander,
  onboarding,
  widget,
  keyboard,
}) => {
  const statuses = async () => (await sandbox.inquiries(user)).map(({ status }) => status);
  await signInAsAlexander();

  await test.step('1: a new inquiry is created; closed at once', async () => {
    await keyboard.press(onboarding.verifyButton, 'Enter');
    await keyboard.expectFocus(widget.step('Verify your identity'));
    expect(await statuses()).toEqual(['created']);
    // Backwards from the heading: the button that closes the window.
    await keyboard.tabTo(widget.button('Close'), 'Shift+Tab');
    await page.keyboard.press('Enter');
    await keyboard.press(widget.button('Leave'), 'Enter');
    await expect(widget.dialog).toBeHidden();
    await keyboard.expectFocus(onboarding.verifyButton);
  });

  await test.step('2: the created one opens again; left at the selfie', async () => {
    await page.reload();
    await keyboard.press(onboarding.verifyButton, 'Space');
    await keyboard.expectFocus(widget.step('Verify your identity'));
    await keyboard.press(widget.button('Get started'), 'Enter');
    await keyboard.expectFocus(widget.step('Government ID'));
    await keyboard.press(widget.button('Submit government ID'), 'Space');
    await keyboard.expectFocus(widget.step('Selfie'));
    await page.keyboard.press('Escape');
    await keyboard.expectFocus(widget.button('Stay'));
    await keyboard.press(widget.button('Leave'), 'Space');
    await expect(widget.dialog).toBeHidden();
    await keyboard.expectFocus(onboarding.verifyButton);
    expect(await statuses()).toEqual(['pending']);
  });

  await test.step('3: the pending one is resumed at the selfie and finished', async () => {
    await page.reload();
    await keyboard.press(onboarding.verifyButton, 'Enter');
    await keyboard.expectFocus(widget.step('Selfie'));
    // A second thought: the window stays, and so does the place in it.
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await expect(widget.leaveDialog).toBeHidden();
    await keyboard.expectFocus(widget.step('Selfie'));
    await keyboard.press(widget.button('Submit selfie'), 'Enter');
    await keyboard.expectFocus(widget.step('Success'));
    await keyboard.press(widget.button('Done'), 'Enter');
    await expect(widget.dialog).toBeHidden();
    await keyboard.expectFocus(onboarding.card);
    await expect(onboarding.statusLine).toContainText("You're verified");
    await keyboard.expectFocus(onboarding.card);
    expect(await statuses()).toEqual(['approved']);
  });

  await test.step('4: a finished inquiry does not stand in the way of a new one', async () => {
    // The next stop after the card is the button in it.
    await keyboard.press(onboarding.verifyButton, 'Enter');
    await keyboard.expectFocus(widget.step('Verify your identity'));
    expect(await statuses()).toEqual(['created', 'approved']);
  });
});

test('a sign-up with a mistake, out and in again', async ({
  page,
  browserWatch,
  signIn,
  signUp,
  sessions,
  onboarding,
  keyboard,
}) => {
  // Chromium reports every answer of 400 or more.
  browserWatch.expect(/status of 422 .*sign-up/);
  const person = newPerson();
  await signIn.goto();
  await keyboard.press(signIn.createAccountLink, 'Enter');
  await expect(page).toHaveURL(/\/sign-up$/);

  await keyboard.type(signUp.lastName, person.lastName);
  await keyboard.type(signUp.email, person.email);
  await keyboard.type(signUp.password, person.password);
  await page.keyboard.press('Enter');
  await keyboard.expectFocus(signUp.summary);
  await keyboard.press(signUp.summary.getByRole('link', { name: 'Enter your birthdate.' }), 'Enter');
  await keyboard.expectFocus(signUp.birthdate);
  // A date field takes its parts one after another.
  await page.keyboard.type('05171990');
  await keyboard.tabTo(signUp.firstName, 'Shift+Tab');
  await page.keyboard.type(person.firstName);
  await keyboard.type(signUp.password, person.password);
  await keyboard.press(signUp.showPasswordButton, 'Space');
  await keyboard.expectFocus(signUp.showPasswordButton);
  await expect(signUp.password).toHaveAttribute('type', 'text');
  await keyboard.press(signUp.createButton, 'Enter');
  await expect(page).toHaveURL(/\/onboarding$/);
  await expect(onboarding.information).toContainText('Zoë Núñez-Müller');
  await expect(onboarding.information).toContainText('May 17, 1990');

  await keyboard.press(onboarding.signOutButton, 'Enter');
  await expect(page).toHaveURL(/\/sign-in/);
  await keyboard.type(signIn.email, person.email);
  await keyboard.type(signIn.password, person.password);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/onboarding$/);
  await keyboard.press(sessions.link, 'Enter');
  await expect(sessions.items).toHaveCount(1);
});

test('the first stop leads past the header', async ({ page, signInAsAlexander, onboarding, keyboard }) => {
  await signInAsAlexander();
  await page.keyboard.press('Tab');
  await keyboard.expectFocus(page.getByRole('link', { name: 'Skip to main content' }));
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await keyboard.expectFocus(onboarding.verifyButton);
});

test('a button that a live result takes away hands the focus to the card', async ({
  page,
  sandbox,
  persona,
  signInAsAlexander,
  onboarding,
  widget,
  keyboard,
}) => {
  await signInAsAlexander();
  await keyboard.press(onboarding.verifyButton, 'Enter');
  await keyboard.expectFocus(widget.step('Verify your identity'));
  await page.keyboard.press('Escape');
  await keyboard.press(widget.button('Leave'), 'Enter');
  await keyboard.expectFocus(onboarding.verifyButton);

  // Submitted on another device: nothing to press is left here.
  const { id } = await sandbox.newestInquiry(user);
  await sandbox.stopClock();
  await persona.simulate(id, 'start_inquiry');
  await persona.simulate(id, 'complete_inquiry');
  await expect(onboarding.statusLine).toContainText("We're checking your documents");
  await expect(onboarding.verifyButton).toBeHidden();
  await keyboard.expectFocus(onboarding.card);
});

test('a window that opens only elsewhere leaves the keyboard on the way there', async ({
  page,
  browserWatch,
  signInAsAlexander,
  onboarding,
  hostedFlow,
  keyboard,
}) => {
  browserWatch.expect(/net::ERR_BLOCKED_BY_CLIENT.* \(.*\/vendor\/persona/);
  await page.route('**/vendor/persona*', (route) => route.abort('blockedbyclient'));
  await signInAsAlexander();
  await keyboard.press(onboarding.verifyButton, 'Enter');
  await expect(onboarding.hostedFlowButton).toBeVisible();
  await keyboard.expectFocus(onboarding.verifyButton);
  await keyboard.press(onboarding.hostedFlowButton, 'Enter');
  await expect(hostedFlow.step('Verify your identity')).toBeVisible();
  await keyboard.press(hostedFlow.button('Get started'), 'Enter');
  await expect(hostedFlow.step('Government ID')).toBeVisible();
});

test('a device is signed out, and the focus is where that is said', async ({
  page,
  context,
  signIn,
  signInAsAlexander,
  sessions,
  keyboard,
}) => {
  await signIn.asAlexander();
  await page.goto('about:blank');
  await context.clearCookies();
  await signInAsAlexander();
  await keyboard.press(sessions.link, 'Enter');
  await expect(sessions.heading).toBeVisible();
  await keyboard.press(sessions.endButtons, 'Enter');
  await keyboard.expectFocus(page.getByText('The device is signed out.'));
});
