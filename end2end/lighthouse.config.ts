// `npm run lighthouse`: Lighthouse's scores for the pages of a release build, on a phone. Not part of the
// tests: its packages are larger than all of theirs (`npm ci --prefix end2end/lighthouse`), and on a busy
// machine the scores fall.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from '@playwright/test';

// The build of `script/release`, unless another one is named. Before anything reads them.
process.env.APP_PROGRAM ??= 'dist/persona-onboarding';
process.env.LEPTOS_SITE_ROOT ??= 'dist/site';
const { default: tests } = await import('./playwright.config.ts');

const program = resolve(import.meta.dirname, '..', process.env.APP_PROGRAM);
if (!existsSync(program)) {
  throw new Error(`there is no ${program}: run script/release, or set APP_PROGRAM and LEPTOS_SITE_ROOT`);
}

export default defineConfig({
  testDir: 'lighthouse',
  outputDir: 'test-results/lighthouse-artifacts',
  workers: 1,
  retries: 0,
  timeout: 300_000,
  reporter: [['list']],
  use: { ...tests.use, trace: 'off', screenshot: 'off' },
});
