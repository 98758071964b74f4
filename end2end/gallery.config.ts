// `npm run gallery`: renders every state of the pages, at three widths and in both colour schemes, into
// test-results/gallery/ with a page that shows all of them. From the programs that cargo has built.
import { defineConfig, devices } from '@playwright/test';
import tests from './playwright.config.ts';

const widths = [360, 768, 1280] as const;
const schemes = ['light', 'dark'] as const;

export default defineConfig({
  testDir: 'gallery',
  outputDir: 'test-results/gallery-artifacts',
  globalTeardown: './gallery/index.ts',
  fullyParallel: true,
  workers: tests.workers ?? 2,
  timeout: tests.timeout ?? 0,
  expect: tests.expect ?? {},
  use: { ...tests.use, ...devices['Desktop Chrome'], trace: 'off', screenshot: 'off' },
  projects: schemes.flatMap((colorScheme) =>
    widths.map((width) => ({
      name: `${width}-${colorScheme}`,
      use: { colorScheme, viewport: { width, height: width < 600 ? 780 : 900 } },
    })),
  ),
});
