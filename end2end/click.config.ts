// `npm run click`: how long Persona's window takes from the click, p50 and p95. Not part of the tests: the
// times are those of the machine.
import { defineConfig, devices } from '@playwright/test';
import tests from './playwright.config.ts';

export default defineConfig({
  testDir: 'click',
  outputDir: 'test-results/click-artifacts',
  workers: 1,
  retries: 0,
  timeout: 600_000,
  reporter: [['list']],
  use: { ...tests.use, ...devices['Desktop Chrome'], trace: 'off', screenshot: 'off' },
});
