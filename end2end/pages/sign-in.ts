import type { Locator, Page } from '@playwright/test';

/** The sign-in page (`/sign-in`). */
export class SignInPage {
  readonly page: Page;
  readonly demoButton: Locator;

  constructor(page: Page) {
    this.page = page;
    this.demoButton = page.getByRole('button', { name: 'Continue as Alexander Sample' });
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
}
