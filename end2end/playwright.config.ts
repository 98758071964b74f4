// Every test starts the programs it needs on free ports (see programs.ts), unless BASE_URL and
// SANDBOX_URL name running ones.
import { defineConfig, devices } from '@playwright/test';
import { findBrowser } from './browser.mjs';

const chromium = {
  executablePath: await findBrowser(),
  // Root (in containers) has no Chromium sandbox; the rest keeps the browser off the network.
  chromiumSandbox: false,
  args: [
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

export default defineConfig({
  testDir: 'tests',
  outputDir: 'test-results/artifacts',
  fullyParallel: true,
  forbidOnly: Boolean(process.env.CI),
  retries: 0,
  // Tests of one running server share its only demo user: one after another.
  workers: process.env.BASE_URL ? 1 : 2,
  // Walks through every screen with axe take long on a busy machine.
  timeout: 180_000,
  expect: {
    timeout: 20_000,
    toMatchAriaSnapshot: { pathTemplate: '{testDir}/aria/{arg}{ext}' },
  },
  reporter: [
    ['list'],
    ['json', { outputFile: 'test-results/report.json' }],
    ['html', { outputFolder: 'playwright-report', open: 'never' }],
  ],
  use: {
    launchOptions: chromium,
    locale: 'en-US',
    // Pictures of every moment would slow the tests by a quarter: `--trace on` takes them.
    trace: { mode: 'retain-on-failure', screenshots: false, snapshots: false },
    screenshot: 'only-on-failure',
  },
  projects: [
    // What it looks like at a desk, unless a test is about phones alone.
    { name: 'desktop', use: { ...devices['Desktop Chrome'] }, grepInvert: /@phone-only/ },
    // The same engine at a phone's size, with touch: the tests that depend on either.
    { name: 'phone', use: { ...devices['Pixel 7'] }, grep: /@phone/ },
  ],
});
