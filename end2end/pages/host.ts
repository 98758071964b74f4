import type { Page } from '@playwright/test';
import { environmentId, templateId } from '../persona-api.ts';

/** One call of a callback that a host page gave to the SDK. */
export interface Heard {
  callback: string;
  argument: any;
}

/** The options of `Persona.Client` that are plain data. */
export interface ClientOptions {
  inquiryId?: string;
  sessionToken?: string;
  templateId?: string;
  environmentId?: string;
  referenceId?: string;
  fields?: Record<string, unknown>;
  language?: string;
  styleVariant?: string;
}

/** A page that embeds the flow with Persona's SDK (host/page.html). */
export class HostPage {
  readonly page: Page;
  readonly #url: string;
  readonly #widgetHost: string;

  constructor(page: Page, url: string, sandboxURL: string) {
    this.page = page;
    this.#url = url;
    this.#widgetHost = new URL(sandboxURL).host;
  }

  /** Makes a client, on a page that is new. */
  async open(options: ClientOptions): Promise<void> {
    await this.page.goto(this.#url);
    await this.reopen(options);
  }

  /** Makes another client on the same page. */
  async reopen(options: ClientOptions): Promise<void> {
    const all = { environmentId, customHost: this.#widgetHost, ...options };
    await this.page.evaluate((given) => Reflect.get(window, 'openPersona')(given), all);
  }

  /** As `open`, without an inquiry: the browser is to create one from the template. */
  async openTemplate(options: ClientOptions = {}): Promise<void> {
    await this.open({ templateId, ...options });
  }

  /** Shows the flow inline, on a page that uses React. */
  async openReact(options: ClientOptions): Promise<void> {
    // persona-react 6.7.0 hands `host` to its frame and its listener, and `customHost` to neither.
    const all = { environmentId, host: this.#widgetHost, ...options };
    await this.page.goto(`${this.#url}/react#${encodeURIComponent(JSON.stringify(all))}`);
  }

  /** Every call of a callback so far, oldest first. */
  async heard(): Promise<Heard[]> {
    return this.page.evaluate(() => Reflect.get(window, 'heard'));
  }

  /** The arguments that one callback was called with. */
  async heardBy(callback: string): Promise<any[]> {
    const calls = (await this.heard()).filter((call) => call.callback === callback);
    return calls.map(({ argument }) => argument);
  }

  /** The callbacks in the order of their calls, without those that a person's moves add. */
  async order(...of: string[]): Promise<string[]> {
    return (await this.heard()).map(({ callback }) => callback).filter((name) => of.includes(name));
  }
}
