// `npm run pictures`: takes the pictures of docs/ again, from the programs that cargo has built.
// They are not part of the tests: they change with every font.
import { defineConfig, devices } from '@playwright/test';
import tests from './playwright.config.ts';

export default defineConfig({
  testDir: 'pictures',
  outputDir: 'test-results/pictures',
  timeout: tests.timeout ?? 0,
  expect: tests.expect ?? {},
  use: {
    ...tests.use,
    ...devices['Desktop Chrome'],
    viewport: { width: 900, height: 740 },
    colorScheme: 'light',
    trace: 'off',
    screenshot: 'off',
  },
});
