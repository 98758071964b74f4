import { type APIRequestContext, expect } from '@playwright/test';
import type { PersonaAPI } from '../persona-api.ts';
import { sendWebhook, statusEvent } from '../webhook.ts';
import type { OnboardingPage } from './onboarding.ts';
import type { SandboxControls } from './sandbox-controls.ts';
import type { Widget } from './widget.ts';

interface Parts {
  onboarding: OnboardingPage;
  widget: Widget;
  sandbox: SandboxControls;
  persona: PersonaAPI;
}

/** States of the status card that only the window leads to. The person is Alexander, on the onboarding page. */
export class CardStates {
  readonly #onboarding: OnboardingPage;
  readonly #widget: Widget;
  readonly #sandbox: SandboxControls;
  readonly #persona: PersonaAPI;

  constructor({ onboarding, widget, sandbox, persona }: Parts) {
    this.#onboarding = onboarding;
    this.#widget = widget;
    this.#sandbox = sandbox;
    this.#persona = persona;
  }

  /** The time runs out in the open window. */
  async ranOut(): Promise<void> {
    await this.#onboarding.startVerifying();
    await this.#widget.getStarted();
    await expect(this.#widget.step('Government ID')).toBeVisible();
    await this.#persona.expire((await this.#sandbox.newestInquiry('usr_ABC123')).id);
    await this.#widget.submitGovernmentId();
    await this.#expectCard('You ran out of time');
  }

  /** The window does not take the inquiry, nor the next one. */
  async notContinued(): Promise<void> {
    await this.#onboarding.startVerifying();
    for (const attempt of ['first', 'second']) {
      await expect(this.#widget.step('Verify your identity'), attempt).toBeVisible();
      await this.#widget.reportError('unauthenticated');
      await expect(this.#widget.dialog, attempt).toBeHidden();
    }
    await this.#expectCard("couldn't continue");
  }

  /** The window stops unexpectedly. */
  async windowClosed(): Promise<void> {
    await this.#windowFails('application_error', 'closed unexpectedly');
  }

  /** The window refuses the configuration. */
  async misconfigured(): Promise<void> {
    await this.#windowFails('invalid_config', 'wrong on our side');
  }

  async #windowFails(code: string, words: string): Promise<void> {
    await this.#onboarding.startVerifying();
    await expect(this.#widget.step('Verify your identity')).toBeVisible();
    await this.#widget.reportError(code);
    await this.#expectCard(words);
  }

  /** The window says that it did not work, and Persona has not yet. */
  async unsuccessful(): Promise<void> {
    await this.#sandbox.fault({ operation: 'webhook', kind: 'drop', count: 100 });
    await this.#onboarding.startVerifying();
    await expect(this.#widget.step('Verify your identity')).toBeVisible();
    await this.#sandbox.fault({ operation: 'retrieve', kind: 'status:503', count: 100 });
    await this.#widget.passSwitch.uncheck();
    await this.#widget.complete();
    await this.#expectCard("looks as if this didn't work");
  }

  /** Persona gives this inquiry a status that this release does not know. */
  async unknown(
    inquiryId: string,
    request: APIRequestContext,
    baseURL: string,
    webhookSecret: string,
  ): Promise<void> {
    const event = JSON.stringify(statusEvent('inquiry.transitioned', inquiryId, 'paused'));
    expect(await sendWebhook(request, baseURL, webhookSecret, event)).toBe(200);
    await this.#expectCard("We're working on it");
  }

  async #expectCard(words: string): Promise<void> {
    await expect(this.#onboarding.statusLine).toContainText(words);
    await expect(this.#widget.dialog).toBeHidden();
  }
}
