import { expect, type FrameLocator, type Locator, type Page } from '@playwright/test';

/** The steps of the flow, by their headings. */
export type Step =
  | 'Verify your identity'
  | 'Government ID'
  | 'Selfie'
  | 'Success'
  | 'Verification failed';

/** The modal that Persona's SDK opens, and the flow in its frame. */
export class Widget {
  readonly page: Page;
  /** The frame's element: the SDK makes it the modal dialog. */
  readonly dialog: Locator;
  readonly frame: FrameLocator;
  readonly passSwitch: Locator;
  readonly leaveDialog: Locator;
  /** The heading of the screen that a wrong use of the SDK leads to. */
  readonly refusal: Locator;
  readonly cameraStatus: Locator;

  constructor(page: Page) {
    this.page = page;
    // By the SDK's own test hook: hidden, the element has no role to be found by.
    this.dialog = page.getByTestId('persona-widget__iframe');
    this.frame = this.dialog.contentFrame();
    this.passSwitch = this.frame.getByRole('switch', { name: 'Pass verifications' });
    this.leaveDialog = this.frame.getByRole('dialog');
    this.refusal = this.heading('This verification cannot be opened');
    this.cameraStatus = this.frame.getByRole('status').and(this.frame.locator('.camera-status'));
  }

  step(name: Step): Locator {
    return this.heading(name);
  }

  /** The heading of any screen, such as one that is no step or in another language. */
  heading(name: string): Locator {
    return this.frame.getByRole('heading', { level: 1, name, exact: true });
  }

  /** One of the images that can be submitted. */
  source(name: string): Locator {
    return this.frame.getByRole('radio', { name, exact: true });
  }

  button(name: string): Locator {
    return this.frame.getByRole('button', { name, exact: true });
  }

  async getStarted(): Promise<void> {
    await this.button('Get started').click();
  }

  async submitGovernmentId(): Promise<void> {
    await this.button('Submit government ID').click();
  }

  async submitSelfie(): Promise<void> {
    await this.button('Submit selfie').click();
  }

  /** Goes from the first step to the last, looks at each screen and at what asks before leaving, and stays. */
  async lookAtEachStep(
    look: (screen: 'start' | 'government-id' | 'selfie' | 'leave') => Promise<void>,
  ): Promise<void> {
    await expect(this.step('Verify your identity')).toBeVisible();
    await look('start');
    await this.getStarted();
    await expect(this.step('Government ID')).toBeVisible();
    await look('government-id');
    await this.submitGovernmentId();
    await expect(this.step('Selfie')).toBeVisible();
    await look('selfie');
    await this.button('Close').click();
    await expect(this.leaveDialog).toBeVisible();
    await look('leave');
    await this.button('Stay').click();
  }

  /** Goes through every step, to the end. */
  async complete(): Promise<void> {
    await this.getStarted();
    await this.submitGovernmentId();
    await this.submitSelfie();
    await this.done();
  }

  /** Presses the last screen's button, which tells the page that the flow is over. */
  async done(): Promise<void> {
    await this.button('Done').click();
  }

  /** Leaves before the end: the x, then the confirmation. */
  async leave(): Promise<void> {
    await this.button('Close').click();
    await this.button('Leave').click();
  }

  /** Reports an error to the SDK, as Persona's flow does. */
  async reportError(code: string): Promise<void> {
    await this.frame.locator('body').evaluate((body, code) => {
      const { echo, target } = JSON.parse(body.dataset['widget'] ?? '{}');
      const error = { status: 400, code, message: code };
      window.parent.postMessage({ ...echo, name: 'error', metadata: {}, error }, target);
    }, code);
  }
}
