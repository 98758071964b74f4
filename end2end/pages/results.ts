import type { Locator, Page } from '@playwright/test';

/** The page that lists the user's inquiries (`/inquiries`). */
export class ResultsPage {
  readonly page: Page;
  readonly link: Locator;
  readonly heading: Locator;
  readonly items: Locator;
  readonly empty: Locator;

  constructor(page: Page) {
    this.page = page;
    this.link = page.getByRole('navigation').getByRole('link', { name: 'Results' });
    this.heading = page.getByRole('heading', { level: 1, name: 'Your results' });
    this.items = page.getByRole('main').getByRole('listitem');
    this.empty = page.getByRole('heading', { level: 2, name: 'No verification yet' });
  }

  async goto(): Promise<void> {
    await this.page.goto('/inquiries');
  }
}

/** The page of one inquiry (`/inquiries/{id}`). */
export class ResultPage {
  readonly page: Page;
  readonly heading: Locator;
  /** Where it stands, with its times. */
  readonly status: Locator;
  /** What happened, in order. */
  readonly history: Locator;
  readonly copyButton: Locator;
  /** What is announced to those who listen. */
  readonly announcement: Locator;

  constructor(page: Page) {
    this.page = page;
    this.heading = page.getByRole('heading', { level: 1, name: 'Your result' });
    this.status = page.getByRole('region', { name: /^Status/ });
    this.history = page.getByRole('region', { name: 'What happened' }).getByRole('listitem');
    this.copyButton = page.getByRole('button', { name: /^(Copy ID|Copied)$/ });
    this.announcement = page.getByRole('status');
  }

  async goto(id: string): Promise<void> {
    await this.page.goto(`/inquiries/${id}`);
  }
}
