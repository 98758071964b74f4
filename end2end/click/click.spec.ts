// From the click on the button to the `ready` event of Persona's window, for new people in new browser
// contexts. Warmed: the page has been idle, and the pointer is on the button. Not warmed: a click as soon as
// the page can take one, without a pointer, so that nothing was loaded in advance.
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { newPerson } from '../pages/sign-up.ts';
import { externalSandbox, type Sandbox, type Stack, startApp, startSandbox } from '../programs.ts';
import { freePort } from '../ports.ts';

const CLICKS = Number(process.env.CLICKS ?? 30);
const folder = join(import.meta.dirname, '../test-results/click');

/** The networks: the machine's own, and the slow 4G that Lighthouse simulates, with each request delayed. */
const networks = {
  'no delay': undefined,
  'slow 4G': { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 90_000 },
};

let sandbox: Sandbox;
let stack: Stack;

test.beforeAll(async () => {
  const port = await freePort();
  sandbox = await startSandbox(folder, port);
  // A release takes itself for production.
  stack = await startApp(folder, { ...externalSandbox(port), APP_ENV: 'development' });
});

test.afterAll(async () => {
  await stack?.stop();
  await sandbox?.stop();
});

/** Notes, on the page's own clock, when the button was pressed and when the window was ready. */
function record(): void {
  const note = (name: string, time: number) => document.documentElement.setAttribute(`data-${name}`, `${time}`);
  addEventListener('click', (event) => note('clicked', event.timeStamp), true);
  addEventListener('message', ({ data, timeStamp }) => {
    if (data?.name === 'ready') note('ready', timeStamp);
  });
}

const press = {
  warmed: async (page: Page) => {
    await expect(page.locator('#verify-form')).toHaveAttribute('data-hydrated');
    await page.waitForFunction(() => 'Persona' in window);
    await page.locator('#verify-button').hover();
    // As long as a hand takes from the button's edge to the press.
    await page.waitForTimeout(150);
    await page.locator('#verify-button').click();
  },
  'not warmed': async (page: Page) => {
    const wasLoaded = await page.evaluate(async () => {
      const frame = () => new Promise(requestAnimationFrame);
      while (!document.querySelector('#verify-form[data-hydrated]')) await frame();
      const wasLoaded = 'Persona' in window;
      document.querySelector<HTMLElement>('#verify-button')?.click();
      return wasLoaded;
    });
    expect(wasLoaded, 'the SDK was loaded in advance').toBe(false);
  },
};

for (const [network, conditions] of Object.entries(networks)) {
  for (const [way, click] of Object.entries(press)) {
    test(`${network}, ${way}`, async ({ browser }) => {
      const times: number[] = [];
      for (let count = 0; count < CLICKS; count += 1) {
        const context = await browser.newContext({ baseURL: stack.baseURL });
        const { firstName, lastName, ...rest } = newPerson();
        const form = { first_name: firstName, last_name: lastName, ...rest };
        await expect(await context.request.post('/sign-up', { form })).toBeOK();
        const page = await context.newPage();
        await page.addInitScript(record);
        if (conditions) {
          const session = await context.newCDPSession(page);
          await session.send('Network.emulateNetworkConditions', conditions);
        }
        await page.goto('/onboarding');
        await click(page);
        const root = page.locator('html');
        await expect(root).toHaveAttribute('data-ready', /./);
        const time = async (name: string) => Number(await root.getAttribute(`data-${name}`));
        times.push((await time('ready')) - (await time('clicked')));
        await context.close();
      }
      times.sort((one, other) => one - other);
      // The nearest rank.
      const percentile = (percent: number) => times[Math.ceil((times.length * percent) / 100) - 1] ?? NaN;
      const [p50, p95] = [50, 95].map((percent) => `${percentile(percent).toFixed(0)} ms`);
      console.log(`${network}, ${way}: ${times.length} clicks, p50 ${p50}, p95 ${p95}`);
    });
  }
}
