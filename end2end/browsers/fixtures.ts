// The tests of the system's browsers: an app with a sandbox and a fresh browser for each.
import { join } from 'node:path';
import { test as base, expect } from '@playwright/test';
import { SandboxControls } from '../pages/sandbox-controls.ts';
import { type Stack, startApp } from '../programs.ts';
import { Driver, type Engine } from './drivers.ts';
import { Tab } from './tab.ts';

export interface EngineOptions {
  engine: Engine | undefined;
}

interface Options {
  /** The name by which the browser knows this machine; the window is always on `localhost`. */
  appHost: string;
  /** Configuration of the app beyond the defaults. */
  appEnvironment: NodeJS.ProcessEnv;
}

interface Fixtures {
  stack: Stack;
  sandbox: SandboxControls;
  tab: Tab;
}

const logs = join(import.meta.dirname, '..', 'logs');

export const test = base.extend<Options & Fixtures, EngineOptions & { driver: Driver }>({
  engine: [undefined, { option: true, scope: 'worker' }],
  appHost: ['localhost', { option: true }],
  appEnvironment: [{}, { option: true }],

  driver: [
    async ({ engine }, use) => {
      if (!engine) throw new Error('these tests are of browsers.config.ts, which names the engine');
      const driver = await Driver.start(engine, join(logs, engine, 'driver.log'));
      await use(driver);
      await driver.stop();
    },
    { scope: 'worker' },
  ],

  stack: async ({ engine, appHost, appEnvironment }, use, { title }) => {
    const folder = join(logs, String(engine), title.replace(/\W+/g, '-'));
    const stack = await startApp(folder, appEnvironment, appHost);
    await use(stack);
    await stack.stop();
  },

  sandbox: async ({ request, stack }, use) => {
    await use(new SandboxControls(request, stack.sandboxURL));
  },

  tab: async ({ driver, stack }, use, testInfo) => {
    const browser = await driver.open();
    await use(new Tab(browser, stack.baseURL));
    if (testInfo.status !== testInfo.expectedStatus) {
      await browser.switchTo().defaultContent();
      const body = Buffer.from(await browser.takeScreenshot(), 'base64');
      await testInfo.attach('page', { body, contentType: 'image/png' });
      await testInfo.attach('source', { body: await browser.getPageSource() });
    }
    await browser.quit();
  },
});

export { expect };
