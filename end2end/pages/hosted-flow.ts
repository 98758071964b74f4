import type { Locator, Page } from '@playwright/test';
import type { Step } from './widget.ts';

/** The flow as a page of its own on the sandbox's origin, with or without JavaScript. */
export class HostedFlow {
  readonly page: Page;
  readonly passSwitch: Locator;

  constructor(page: Page) {
    this.page = page;
    this.passSwitch = page.getByRole('switch', { name: 'Pass verifications' });
  }

  step(name: Step): Locator {
    return this.heading(name);
  }

  /** The heading of any screen, such as one that is no step. */
  heading(name: string): Locator {
    return this.page.getByRole('heading', { level: 1, name, exact: true });
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }
}
