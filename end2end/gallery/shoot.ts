// The gallery's `test`: takes a picture of a state, named after it and the project.
import { join } from 'node:path';
import { test as base } from '../fixtures.ts';
import { alexander } from '../stuck.ts';
import { folder } from './index.ts';

/** What the app of a picture verifies webhooks with. */
export const webhookSecret = 'wbhsec_gallery';

export const test = base.extend<{ shoot: (state: string) => Promise<void> }>({
  shoot: async ({ page, browserWatch, widget }, use, testInfo) => {
    // Some states are errors by nature.
    browserWatch.tolerate(/.*/);
    await use(async (state) => {
      await page.mouse.move(0, 0);
      const path = join(folder, `${state}.${testInfo.project.name}.png`);
      const viewport = page.viewportSize();
      // What a window covers cannot be scrolled to.
      if (viewport && !(await widget.dialog.isVisible())) {
        // Not `fullPage`, during which Chromium's phone has a mouse instead of touch.
        const height = await page.evaluate(() => document.documentElement.scrollHeight);
        await page.setViewportSize({ ...viewport, height: Math.max(viewport.height, height) });
      }
      await page.screenshot({ path, animations: 'disabled' });
      if (viewport) await page.setViewportSize(viewport);
    });
  },
});

/** Alexander is an operator, and the test knows where the database is. */
export const operatorTest = test.extend<{ database: string }>({
  database: async ({}, use, testInfo) => {
    await use(testInfo.outputPath('onboarding.db'));
  },
  appEnvironment: async ({ appEnvironment, database }, use) => {
    await use({ ...appEnvironment, OPERATORS: alexander, DATABASE_URL: `sqlite://${database}` });
  },
});
