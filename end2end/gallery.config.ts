// `npm run gallery`: renders every state of the pages, at three widths and in both colour schemes, in each
// language and with a second brand, into test-results/gallery/ with a page that shows all of them. From the
// programs that cargo has built. `--project` renders a part, such as `--project 'ar-*'`.
import { join } from 'node:path';
import { defineConfig, devices } from '@playwright/test';
import { webhookSecret } from './gallery/shoot.ts';
import tests from './playwright.config.ts';

interface Options {
  appEnvironment: NodeJS.ProcessEnv;
}

const widths = [360, 768, 1280] as const;
const schemes = ['light', 'dark'] as const;
const languages = ['es', 'fr', 'de', 'pt-BR', 'ar'] as const;

/** A phone is more than narrow: what is for a mouse is not shown there. */
const phone = { viewport: { width: 360, height: 780 }, hasTouch: true, isMobile: true };

const firstBrand = { PERSONA_WEBHOOK_SECRET: webhookSecret };
const secondBrand = { ...firstBrand, BRAND_DIR: join(import.meta.dirname, '../tests/fixtures/brand') };

/** Each width in each scheme; a picture is named `<state>.<prefix><width>-<scheme>.png`. */
const looks = (prefix = '', appEnvironment: NodeJS.ProcessEnv = firstBrand) =>
  schemes.flatMap((colorScheme) =>
    widths.map((width) => ({
      name: `${prefix}${width}-${colorScheme}`,
      use: {
        colorScheme,
        appEnvironment,
        ...(width < 600 ? phone : { viewport: { width, height: 900 } }),
      },
    })),
  );

export default defineConfig<Options>({
  testDir: 'gallery',
  outputDir: 'test-results/gallery-artifacts',
  globalTeardown: './gallery/index.ts',
  fullyParallel: true,
  workers: tests.workers ?? 2,
  timeout: tests.timeout ?? 0,
  expect: tests.expect ?? {},
  use: { ...tests.use, ...devices['Desktop Chrome'], trace: 'off', screenshot: 'off' },
  projects: [
    ...looks().map((look) => ({ ...look, testMatch: /(gallery|operators)\.spec\.ts$/ })),
    ...looks('brand-', secondBrand).map((look) => ({ ...look, testMatch: /(gallery|operators)\.spec\.ts$/ })),
    ...languages.flatMap((locale) =>
      looks(`${locale}-`).map(({ name, use }) => ({
        name,
        use: { ...use, locale },
        testMatch: 'languages.spec.ts',
      })),
    ),
  ],
});
