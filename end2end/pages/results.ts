import type { Locator, Page } from '@playwright/test';

/** An entry of `GET /api/inquiries`. */
interface Listed {
  inquiry_id: string;
  result_id: string;
}

/** The page that lists the user's inquiries (`/results`). */
export class ResultsPage {
  readonly page: Page;
  readonly link: Locator;
  readonly heading: Locator;
  readonly items: Locator;
  readonly empty: Locator;

  constructor(page: Page) {
    this.page = page;
    this.link = page.getByRole('navigation').getByRole('link', { name: 'Verifications' });
    this.heading = page.getByRole('heading', { level: 1, name: 'Your verifications' });
    this.items = page.getByRole('main').getByRole('listitem');
    this.empty = page.getByRole('heading', { level: 2, name: "You haven't started" });
  }

  async goto(): Promise<void> {
    await this.page.goto('/results');
  }
}

/** The page of one result (`/results/{id}`), whose ID is the app's own and not the inquiry's. */
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
    this.heading = page.getByRole('region', { name: 'Status' }).getByRole('heading', { level: 1 });
    this.status = page.getByRole('region', { name: /^Status/ });
    this.history = page.getByRole('region', { name: 'History' }).getByRole('listitem');
    this.copyButton = page.getByRole('button', { name: /^(Copy|Copied)$/ });
    this.announcement = page.getByRole('status');
  }

  /** Where the signed-in person's result of an inquiry is. */
  async pathOf(inquiryId: string): Promise<string> {
    const response = await this.page.request.get('/api/inquiries');
    const { inquiries } = (await response.json()) as { inquiries: Listed[] };
    const listed = inquiries.find(({ inquiry_id }) => inquiry_id === inquiryId);
    if (!listed) throw new Error(`no result of ${inquiryId} is listed`);
    return `/results/${listed.result_id}`;
  }

  async goto(inquiryId: string): Promise<void> {
    await this.page.goto(await this.pathOf(inquiryId));
  }
}
