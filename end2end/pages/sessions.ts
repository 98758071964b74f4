import type { Locator, Page } from '@playwright/test';

/** The page that lists where the user is signed in (`/account/sessions`). */
export class SessionsPage {
  readonly page: Page;
  readonly link: Locator;
  readonly heading: Locator;
  readonly items: Locator;
  readonly endButtons: Locator;
  readonly endOthersButton: Locator;

  constructor(page: Page) {
    this.page = page;
    this.link = page.getByRole('link', { name: 'Devices' });
    this.heading = page.getByRole('heading', { level: 1, name: "Where you're signed in" });
    this.items = page.getByRole('main').getByRole('listitem');
    this.endButtons = page.getByRole('button', { name: /^Sign out: / });
    this.endOthersButton = page.getByRole('button', { name: 'Sign out everywhere else' });
  }

  async goto(): Promise<void> {
    await this.page.goto('/account/sessions');
  }
}
