import { expect, type Locator, type Page } from '@playwright/test';

/** The sandbox's dashboard, walked through as a person does. */
export class Dashboard {
  readonly page: Page;
  readonly saved: Locator;
  readonly #url: string;

  constructor(page: Page, sandboxURL: string) {
    this.page = page;
    this.#url = sandboxURL;
    this.saved = page.getByRole('status').filter({ hasText: 'Saved.' });
  }

  async goto(path = ''): Promise<void> {
    await this.page.goto(`${this.#url}/dashboard${path}`);
  }

  /** Templates > KYC > Settings > the part, by its links. */
  async templateSettings(part: 'General' | 'Security'): Promise<void> {
    await this.goto();
    await this.page.getByRole('link', { name: 'Templates', exact: true }).click();
    await this.page.getByRole('link', { name: 'KYC', exact: true }).click();
    await this.page.getByRole('link', { name: 'Settings', exact: true }).click();
    await this.page.getByRole('link', { name: part, exact: true }).click();
  }

  async setChoice(part: 'General' | 'Security', label: string, on: boolean): Promise<void> {
    await this.templateSettings(part);
    await this.page.getByRole('checkbox', { name: label }).setChecked(on);
    await this.save();
  }

  async setNumber(label: RegExp, value: number): Promise<void> {
    await this.templateSettings('General');
    await this.page.getByRole('spinbutton', { name: label }).fill(String(value));
    await this.save();
  }

  async save(): Promise<void> {
    await this.page.getByRole('button', { name: 'Save' }).click();
    await expect(this.saved).toBeVisible();
  }
}
