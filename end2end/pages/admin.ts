import type { Locator, Page } from '@playwright/test';

/** The operators' area (`/admin`). */
export class AdminArea {
  readonly page: Page;
  readonly term: Locator;
  readonly searchButton: Locator;
  readonly replayButton: Locator;
  readonly refreshButton: Locator;
  /** What to know of a person at a glance. */
  readonly glance: Locator;
  /** What the last action came to. */
  readonly news: Locator;
  /** A person's story. */
  readonly story: Locator;

  constructor(page: Page) {
    this.page = page;
    this.term = page.getByLabel('Reference ID, e-mail, inquiry ID or event ID');
    this.searchButton = page.getByRole('button', { name: 'Search' });
    this.replayButton = page.getByRole('button', { name: 'Replay', exact: true });
    this.refreshButton = page.getByRole('button', { name: /^Refresh from Persona/ });
    this.glance = page.getByRole('region', { name: 'At a glance' });
    this.news = page.getByRole('status');
    this.story = page.getByRole('region', { name: 'What happened' });
  }

  /** Opens it from the header, where only operators are led to it. */
  async open(): Promise<void> {
    await this.page.getByRole('link', { name: 'Operators' }).click();
  }

  async search(term: string): Promise<void> {
    await this.term.fill(term);
    await this.searchButton.click();
  }
}
