// The Playwright fixture of the npm package, as a team's own tests use it: a page with Persona's
// addresses written down, nothing resolved and nothing trusted.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Route, expect, test as base } from '@playwright/test';
import { Widget } from '../../pages/widget.ts';

const folder = join(import.meta.dirname, '../../..');
process.env.PERSONA_SANDBOX_PROGRAM ??= join(
  process.env.CARGO_TARGET_DIR ?? join(folder, 'target'),
  'debug/persona-sandbox',
);
const load = createRequire(import.meta.url);
const { personaFixtures } = load(
  '../../../crates/persona-sandbox/packaging/npm/playwright.js',
);

const modules = join(import.meta.dirname, '../../node_modules');
const test = base.extend<any, any>({
  ...personaFixtures,
  personaSandboxArgs: [['--sdk', modules], { scope: 'worker' }],
});

test('a page with Persona’s addresses runs against the sandbox', async ({ page, persona }) => {
  const inquiry = await persona.createInquiry({ referenceId: 'usr_1' });
  await page.route('http://app.test/', (route: Route) =>
    route.fulfill({
      contentType: 'text/html',
      body: `<!doctype html><title>app</title><p id="result"></p>
        <script src="https://cdn.withpersona.com/dist/persona-v5.9.0.js"></script>
        <script>
          const client = new Persona.Client({
            inquiryId: '${inquiry.id}',
            environmentId: '${persona.environmentId}',
            onReady: () => client.open(),
            onComplete: ({ status }) => { document.querySelector('#result').textContent = status; },
          });
        </script>`,
    }),
  );
  await page.goto('http://app.test/');
  const widget = new Widget(page);
  await widget.complete();
  await expect(page.locator('#result')).toHaveText('completed');
  await persona.waitForEvent('inquiry.completed', { objectId: inquiry.id });
});

test('a template of the team’s own runs by its hooks, from step to step', async ({
  page,
  persona,
}) => {
  await persona.template({
    id: 'itmpl_Walkers',
    steps: ['form', 'phone', 'email', 'document'],
    fields: [{ key: 'dogSize', type: 'choices', options: ['small', 'large'], required: true }],
    form_fields: ['dogSize'],
  });
  const inquiry = await persona.createInquiry({ templateId: 'itmpl_Walkers' });
  await page.goto(`https://inquiry.withpersona.com/verify?inquiry-id=${inquiry.id}`);
  const screen = (step: string) => page.locator(`[data-test="flow"][data-step="${step}"]`);
  const next = '[data-test="button__primary"]';
  await screen('start').locator(next).click();
  await screen('form').locator('[data-test="field__dogSize"]').selectOption('large');
  for (const step of ['form', 'phone', 'email', 'document']) {
    await screen(step).locator(next).click();
  }
  await expect(screen('success')).toBeVisible();
  const event = await persona.waitForEvent('inquiry.completed', { objectId: inquiry.id });
  expect(event.attributes.payload.data.attributes.fields.dogSize.value).toBe('large');
});

test('a flow is finished in one call, in an environment of its own', async ({ persona }) => {
  expect(await persona.inquiries()).toEqual([]);
  const inquiry = await persona.createInquiry({ referenceId: 'usr_1' });
  const finished = await persona.finish(inquiry.id, { failedChecks: ['face_mismatch'] });
  expect(finished.attributes.status).toBe('failed');
  await persona.waitForEvent('inquiry.failed');
});
