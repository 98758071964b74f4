// The gallery's `test`: takes a picture of a state, named after it and the project.
import { join } from 'node:path';
import { test as base } from '../fixtures.ts';
import { folder } from './index.ts';

export const test = base.extend<{ shoot: (state: string) => Promise<void> }>({
  shoot: async ({ page, browserWatch, widget }, use, testInfo) => {
    // Some states are errors by nature.
    browserWatch.tolerate(/.*/);
    await use(async (state) => {
      await page.mouse.move(0, 0);
      // What a window covers cannot be scrolled to.
      const fullPage = !(await widget.dialog.isVisible());
      const path = join(folder, `${state}.${testInfo.project.name}.png`);
      await page.screenshot({ path, fullPage, animations: 'disabled' });
    });
  },
});
