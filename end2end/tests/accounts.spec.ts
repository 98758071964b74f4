// Accounts: signing up and in, what stops it, and how it ends; all of it with and without script.
import type { BrowserContext } from '@playwright/test';
import { expectAccessible } from '../accessibility.ts';
import { expect, test } from '../fixtures.ts';
import { SessionsPage } from '../pages/sessions.ts';
import { SignInPage } from '../pages/sign-in.ts';
import { newPerson } from '../pages/sign-up.ts';

for (const javaScriptEnabled of [true, false]) {
  test.describe(`with JavaScript ${javaScriptEnabled ? 'on' : 'off'}`, () => {
    test.use({ javaScriptEnabled });

    test.beforeEach(({ browserWatch }) => {
      // What no script asks for is preloaded all the same.
      if (!javaScriptEnabled) browserWatch.tolerate(/\.wasm was preloaded .* but not used/);
    });

    test('a new walker signs up, out and in again', async ({ page, signIn, signUp, sessions }) => {
      const person = newPerson();
      await signIn.goto();
      await signIn.createAccountLink.click();
      await signUp.signUp(person);
      await expect(page).toHaveURL(/\/onboarding$/);
      const heading = page.getByRole('heading', { level: 1, name: 'Welcome, Zoë 🐕' });
      await expect(heading).toBeVisible();
      const information = page.getByRole('region', { name: 'Your Information' });
      await expect(information).toContainText('Zoë Núñez-Müller');
      await expect(information).toContainText('May 17, 1990');

      await page.getByRole('button', { name: 'Sign out' }).click();
      await expect(page).toHaveURL(/\/sign-in/);
      await sessions.goto();
      await expect(page).toHaveURL(/\/sign-in\?next=\/account\/sessions$/);
      await signIn.signIn(person.email.toUpperCase(), person.password);
      await expect(page).toHaveURL(/\/account\/sessions$/);
      await expect(sessions.items).toHaveCount(1);
    });

    test('what is wrong with a sign-up is said beside its field', async ({
      page,
      browserWatch,
      signUp,
    }) => {
      // Chromium reports every answer of 400 or more.
      browserWatch.expect(/status of 422 .*sign-up/);
      const nameMissing = 'Enter your name: one of the two is enough.';
      await signUp.goto();
      await signUp.signUp({
        ...newPerson(),
        firstName: '',
        lastName: '',
        birthdate: '2999-01-01',
        password: 'short',
      });
      await expect(page).toHaveTitle('Problem: Create account - Dog Walker');
      await expect(signUp.summary).toBeFocused();
      await expect(signUp.summary.getByRole('link')).toHaveText([
        nameMissing,
        'Your birthdate must be in the past.',
        'Your password must have at least 12 characters.',
      ]);
      await expect(signUp.firstName).toHaveAccessibleDescription(nameMissing);
      await expect(signUp.password).toHaveAccessibleDescription(/^Your password must have at least 12 characters\. /);
      await expect(signUp.birthdate).toHaveValue('2999-01-01');
      await expect(signUp.password).toHaveValue('');
      await signUp.summary.getByRole('link', { name: nameMissing }).click();
      await expect(signUp.firstName).toBeFocused();
      if (javaScriptEnabled) await expectAccessible(page);

      await signUp.signUp(newPerson());
      await expect(page).toHaveURL(/\/onboarding$/);
    });

    test('a password can be shown while it is typed, where script is on', async ({
      page,
      signIn,
      signUp,
    }) => {
      for (const form of [signIn, signUp]) {
        await form.goto();
        const { password, showPasswordButton } = form;
        await password.fill('three dogs');
        if (!javaScriptEnabled) {
          await expect(showPasswordButton).toBeHidden();
          continue;
        }
        await expect(showPasswordButton).toHaveText('Show password');
        await expect(password).toHaveAttribute('type', 'password');
        await password.press('Tab');
        await expect(showPasswordButton).toBeFocused();
        await page.keyboard.press('Space');
        await expect(showPasswordButton).toHaveText('Hide password');
        await expect(showPasswordButton).toBeFocused();
        await expect(password).toHaveAttribute('type', 'text');
        await expect(password).toHaveValue('three dogs');
        await expectAccessible(page);
        // Sent as a password, so that the browser offers to keep it.
        await page.evaluate(() => {
          document.addEventListener('submit', (event) => event.preventDefault());
          document.querySelector('form')?.requestSubmit();
        });
        await expect(password).toHaveAttribute('type', 'password');
        await expect(showPasswordButton).toHaveText('Show password');
      }
    });

    test('wrong passwords lock the sign-in, whether there is an account or not', async ({
      page,
      browserWatch,
      signIn,
      signUp,
    }) => {
      browserWatch.expect(/status of 422 .*sign-in/);
      browserWatch.expect(/status of 429 .*sign-in/);
      const person = newPerson();
      await signUp.goto();
      await signUp.signUp(person);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await expect(page).toHaveURL(/\/sign-in/);
      for (const email of [person.email, newPerson().email]) {
        await signIn.goto();
        await signIn.signIn(email, 'three cats at the lake');
        await expect(signIn.summary).toContainText('Incorrect e-mail or password');
        await expect(signIn.email).toHaveValue(email);
        await expect(signIn.password).toHaveValue('');
        // The next eight without the page, to be quick.
        for (let wrong = 2; wrong <= 9; wrong++) {
          await page.request.post('/sign-in', { form: { email, password: 'three cats' } });
        }
        await signIn.signIn(email, 'three cats at the lake');
        await expect(signIn.summary).toContainText('is now locked');
        await signIn.signIn(email, person.password);
        await expect(signIn.summary).toContainText('Try again in 15 minutes');
      }
      if (javaScriptEnabled) await expectAccessible(page);
    });

    test('a session that is ended elsewhere is over', async ({
      browser,
      baseURL,
      page,
      signUp,
      sessions,
    }) => {
      const person = newPerson();
      await signUp.goto();
      await signUp.signUp(person);
      await expect(page).toHaveURL(/\/onboarding$/);
      const others: BrowserContext[] = [];
      try {
        for (const _ of ['a phone', 'a tablet']) {
          const other = await browser.newContext({ baseURL: baseURL ?? '', javaScriptEnabled });
          others.push(other);
          const there = new SignInPage(await other.newPage());
          await there.goto();
          await there.signIn(person.email, person.password);
          await expect(there.page).toHaveURL(/\/onboarding$/);
        }

        await sessions.link.click();
        await expect(sessions.heading).toBeVisible();
        await expect(sessions.items).toHaveCount(3);
        await expect(sessions.items.filter({ hasText: 'This device' })).toHaveCount(1);
        if (javaScriptEnabled) await expectAccessible(page);
        await sessions.endButtons.first().click();
        await expect(sessions.items).toHaveCount(2);
        await sessions.endOthersButton.click();
        await expect(sessions.items).toHaveCount(1);
        await expect(sessions.endOthersButton).toHaveCount(0);
        for (const other of others) {
          const there = new SessionsPage(await other.newPage());
          await there.goto();
          await expect(there.page).toHaveURL(/\/sign-in\?next=/);
        }
      } finally {
        for (const other of others) await other.close();
      }
    });
  });
}
