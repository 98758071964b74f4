import type { Locator, Page } from '@playwright/test';

/** The onboarding page (`/onboarding`), where an inquiry is started. */
export class OnboardingPage {
  readonly page: Page;
  readonly heading: Locator;
  readonly information: Locator;
  readonly verifyButton: Locator;
  /** Where the person stands; takes the focus when it has no button. */
  readonly card: Locator;
  readonly debugInfo: Locator;
  /** Says where the verification stands, and what went wrong. */
  readonly statusLine: Locator;
  readonly hostedFlowButton: Locator;
  readonly detailsLink: Locator;
  readonly signOutButton: Locator;

  constructor(page: Page) {
    this.page = page;
    this.heading = page.getByRole('heading', { level: 1, name: 'Welcome, Alexander 🐕' });
    this.information = page.getByRole('region', { name: 'Your Information' });
    this.verifyButton = page.getByRole('button', { name: 'Start Verifying' });
    this.card = page.getByRole('region', { name: 'Your verification', exact: true });
    this.debugInfo = page.locator('#debug-info');
    this.statusLine = page.getByRole('status');
    this.hostedFlowButton = page.getByRole('button', { name: "Continue on Persona's website" });
    this.detailsLink = page.getByRole('link', { name: 'See the details' });
    this.signOutButton = page.getByRole('button', { name: 'Sign out' });
  }

  async goto(): Promise<void> {
    await this.page.goto('/onboarding');
  }

  /** A click as a person makes it: as soon as the button can be seen, hydrated or not. */
  async startVerifying(): Promise<void> {
    await this.verifyButton.click();
  }

  /** The inquiry named as completed, once there is one. */
  async completedInquiry(): Promise<string | undefined> {
    const text = (await this.debugInfo.textContent()) ?? '';
    return /Completed inquiry with ID: (inq_\w+)/.exec(text)?.[1];
  }
}
