// `npm run browsers [-- --project webkit]`: the flows that matter most in three engines. Chromium by
// Playwright itself; the system's Firefox and WebKit by WebDriver, since Playwright drives patched
// builds of both alone.
import { defineConfig, devices } from '@playwright/test';
import type { EngineOptions } from './browsers/fixtures.ts';
import tests from './playwright.config.ts';

const walks = ['four-scenarios', 'four-scenarios-without-javascript', 'accounts', 'live', 'blocked'];

export default defineConfig<EngineOptions>({
  testDir: 'browsers',
  outputDir: 'test-results/browsers',
  forbidOnly: Boolean(process.env.CI),
  retries: 0,
  workers: 1,
  timeout: tests.timeout ?? 0,
  expect: tests.expect ?? {},
  reporter: [['list'], ['json', { outputFile: 'test-results/report.json' }]],
  projects: [
    { name: 'webkit', use: { engine: 'webkit' } },
    { name: 'firefox', use: { engine: 'firefox' } },
    {
      name: 'chromium',
      testDir: 'tests',
      testMatch: walks.map((name) => `${name}.spec.ts`),
      use: { ...tests.use, ...devices['Desktop Chrome'] },
    },
  ],
});
