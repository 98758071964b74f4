import type { BrowserContext, Page, Request } from '@playwright/test';

/** What an app does with a navigation that its WebView is about to make. */
type Decision = 'load' | 'cancel' | 'external';

/**
 * The WebView of a mobile app: before each navigation of the page, but not before the app's own
 * `load`, the app is asked, as by `decidePolicyFor` on iOS and `shouldOverrideUrlLoading` on Android.
 */
abstract class WebView {
  readonly page: Page;
  /** Addresses that were opened in the phone's browser: the person has left the app. */
  readonly openedOutside: string[] = [];
  #loading: string | undefined;

  protected constructor(page: Page) {
    this.page = page;
  }

  protected abstract decide(url: URL): Decision;

  /** Asks the app from now on. */
  async attach(context: BrowserContext): Promise<void> {
    await context.route('**/*', async (route, request) => {
      if (!this.#isNavigation(request) || request.url() === this.#loading) {
        await route.continue();
        return;
      }
      const decision = this.decide(new URL(request.url()));
      if (decision === 'external') this.openedOutside.push(request.url());
      if (decision === 'load') await route.continue();
      else await route.abort('aborted');
    });
    // Routes do not see where redirects lead: a WebView asks about these, too.
    this.page.on('request', (request) => {
      if (!this.#isNavigation(request) || !request.redirectedFrom()) return;
      if (this.decide(new URL(request.url())) === 'external') this.openedOutside.push(request.url());
    });
  }

  /** The app's own `loadUrl`, about which it is not asked. */
  async load(url: string): Promise<void> {
    this.#loading = url;
    await this.page.goto(url);
    this.#loading = undefined;
  }

  #isNavigation(request: Request): boolean {
    return request.isNavigationRequest() && request.frame() === this.page.mainFrame();
  }
}

/**
 * The decisions of Persona's iOS sample (persona-id/persona-ios-webview, PersonaViewController): what
 * begins with its redirect URI ends the flow, and it has succeeded if `inquiry-id` is there.
 */
export class IosWebView extends WebView {
  readonly redirectUri: string;
  result: { succeeded: string } | 'failed' | undefined;

  constructor(page: Page, redirectUri: string) {
    super(page);
    this.redirectUri = redirectUri;
  }

  protected decide(url: URL): Decision {
    if (!url.href.startsWith(this.redirectUri)) return 'load';
    const id = url.searchParams.get('inquiry-id');
    this.result = id === null ? 'failed' : { succeeded: id };
    return 'cancel';
  }
}

/**
 * The decisions of Persona's Android sample (persona-id/persona-android-webview, MainActivity): the
 * host `personacallback` ends the flow, and any other web address goes to the phone's browser.
 */
export class AndroidWebView extends WebView {
  callback: URLSearchParams | undefined;

  constructor(page: Page) {
    super(page);
  }

  protected decide(url: URL): Decision {
    if (url.host === 'personacallback') {
      this.callback = url.searchParams;
      return 'cancel';
    }
    return /^https?:$/.test(url.protocol) ? 'external' : 'load';
  }
}
