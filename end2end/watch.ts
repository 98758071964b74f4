// Watches everything a browser complains about. Hydration mismatches, blocked resources and
// Content-Security-Policy reports all end up in the console, so a complaint that a test did not
// announce fails it.
import type { BrowserContext } from '@playwright/test';

/** What Persona's SDK 5.9.0 says whenever it is ended after its window was closed. */
const harmless = /persona: no stylesheet persona-global-styles to remove/;

export class ConsoleWatch {
  readonly #complaints: string[] = [];
  readonly #expected: RegExp[] = [];
  readonly #tolerated: RegExp[] = [];

  /** Call before the first page is opened. */
  static async attach(context: BrowserContext): Promise<ConsoleWatch> {
    const watch = new ConsoleWatch();
    context.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return;
      if (harmless.test(message.text())) return;
      const { url, lineNumber } = message.location();
      watch.#complaints.push(`${message.type()}: ${message.text()} (${url}:${lineNumber})`);
    });
    context.on('weberror', (webError) => {
      const error = webError.error();
      watch.#complaints.push(`uncaught: ${error.stack ?? error.message}`);
    });
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`policy: ${event.effectiveDirective} refused ${event.blockedURI}`);
      });
    });
    return watch;
  }

  /** Announces a complaint that the test brings about by intention. */
  expect(pattern: RegExp): void {
    this.#expected.push(pattern);
  }

  /** Names a complaint that comes only if a page stays open for long enough. */
  tolerate(pattern: RegExp): void {
    this.#tolerated.push(pattern);
  }

  /** Complaints nobody announced, and announced ones that never came. */
  problems(): string[] {
    const unexpected = this.#complaints.filter(
      (complaint) =>
        ![...this.#expected, ...this.#tolerated].some((pattern) => pattern.test(complaint)),
    );
    const missing = this.#expected
      .filter((pattern) => !this.#complaints.some((complaint) => pattern.test(complaint)))
      .map((pattern) => `expected but absent: ${pattern}`);
    return [...unexpected, ...missing];
  }
}
