import type { Locator, Page } from '@playwright/test';
import type { Step } from './widget.ts';

/** The flow as a page of its own on the sandbox's origin, with or without JavaScript. */
export class HostedFlow {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  step(name: Step): Locator {
    return this.page.getByRole('heading', { level: 1, name, exact: true });
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }
}
