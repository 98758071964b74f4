import type { Locator, Page } from '@playwright/test';

/** The sign-in page (`/sign-in`). */
export class SignInPage {
  readonly page: Page;
  readonly demoButton: Locator;
  readonly email: Locator;
  readonly password: Locator;
  readonly showPasswordButton: Locator;
  readonly signInButton: Locator;
  readonly createAccountLink: Locator;
  /** Why it did not work, at the top of the form. */
  readonly summary: Locator;

  constructor(page: Page) {
    this.page = page;
    this.demoButton = page.getByRole('button', { name: 'Continue as Alexander Sample' });
    this.email = page.getByLabel('E-mail');
    this.password = page.getByLabel('Password');
    this.showPasswordButton = page.getByRole('button', { name: /^(Show|Hide) password$/ });
    this.signInButton = page.getByRole('button', { name: 'Sign in' });
    this.createAccountLink = page.getByRole('link', { name: 'Create account' });
    this.summary = page.getByRole('alert');
  }

  async goto(): Promise<void> {
    await this.page.goto('/sign-in');
  }

  /** Ends on the onboarding page. */
  async asAlexander(): Promise<void> {
    await this.goto();
    await this.demoButton.click();
    await this.page.waitForURL('**/onboarding');
  }

  async signIn(email: string, password: string): Promise<void> {
    await this.email.fill(email);
    await this.password.fill(password);
    await this.signInButton.click();
  }
}
