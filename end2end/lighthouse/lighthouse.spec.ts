// Lighthouse on the pages that people open on their phones. Each page is measured three times; the median
// of each score must be 100. The reports are in test-results/lighthouse/.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, expect, test, type Browser } from '@playwright/test';
import { freePort } from '../ports.ts';
import { externalSandbox, startApp, startSandbox, type Sandbox, type Stack } from '../programs.ts';

const RUNS = 3;
const CATEGORIES = ['performance', 'accessibility', 'best-practices'] as const;

/** What is read of Lighthouse's result (`lighthouse/types/lhr/lhr.d.ts`). */
interface Result {
  finalDisplayedUrl: string;
  categories: Record<string, { score: number | null }>;
  audits: Record<string, { score: number | null; title: string; displayValue?: string }>;
  runtimeError?: { message: string };
}

type Lighthouse = (
  url: string,
  flags: Record<string, unknown>,
) => Promise<{ lhr: Result; report: string } | undefined>;

const folder = join(import.meta.dirname, '../test-results/lighthouse');

let lighthouse: Lighthouse;
let sandbox: Sandbox;
let stack: Stack;
let browser: Browser;
let port: number;

test.beforeAll(async ({ launchOptions }) => {
  // By a variable: the types are checked without its packages, too.
  const name = 'lighthouse';
  const loaded = await import(name).catch((error: unknown) => {
    throw new Error('Lighthouse is not installed: run npm ci --prefix end2end/lighthouse', { cause: error });
  });
  lighthouse = loaded.default;
  await mkdir(folder, { recursive: true });
  const sandboxPort = await freePort();
  sandbox = await startSandbox(folder, sandboxPort);
  // A release has no sandbox in it, and takes itself for production.
  stack = await startApp(folder, { ...externalSandbox(sandboxPort), APP_ENV: 'development' });
  port = await freePort();
  const args = [...(launchOptions.args ?? []), `--remote-debugging-port=${port}`];
  browser = await chromium.launch({ ...launchOptions, args });
});

test.afterAll(async () => {
  await browser?.close();
  await stack?.stop();
  await sandbox?.stop();
});

/** The cookie of a new session of the demo user. */
async function signIn(): Promise<string> {
  const response = await fetch(`${stack.baseURL}/api/session/demo`, { method: 'POST' });
  expect(response.status).toBe(204);
  return (response.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
}

for (const [path, isPrivate] of [
  ['/sign-in', false],
  ['/sign-up', false],
  ['/onboarding', true],
  ['/results', true],
] as const) {
  test(path, async () => {
    const headers: Record<string, string> = isPrivate ? { cookie: await signIn() } : {};
    if (path === '/results') {
      // With an entry in the list.
      const started = await fetch(`${stack.baseURL}/onboarding/start`, {
        method: 'POST',
        headers,
        redirect: 'manual',
      });
      expect(started.status).toBe(303);
    }
    const results: Result[] = [];
    for (let run = 1; run <= RUNS; run += 1) {
      const outcome = await lighthouse(`${stack.baseURL}${path}`, {
        port,
        output: 'html',
        logLevel: 'error',
        onlyCategories: CATEGORIES,
        extraHeaders: headers,
        // The session must survive.
        disableStorageReset: true,
      });
      expect(outcome?.lhr.runtimeError).toBeUndefined();
      if (!outcome) throw new Error('Lighthouse gave no result');
      // Not the sign-in page instead.
      expect(new URL(outcome.lhr.finalDisplayedUrl).pathname).toBe(path);
      await writeFile(join(folder, `${path.slice(1)}-${run}.html`), outcome.report);
      results.push(outcome.lhr);
    }
    const scores = Object.fromEntries(
      CATEGORIES.map((category) => [category, median(results.map((result) => scoreOf(result, category)))]),
    );
    console.log(path, scores, timesOf(results));
    expect(scores, imperfections(results)).toEqual({
      performance: 100,
      accessibility: 100,
      'best-practices': 100,
    });
  });
}

function scoreOf(result: Result, category: string): number {
  return Math.round((result.categories[category]?.score ?? 0) * 100);
}

function median(numbers: number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? 0;
}

/** The times of the first run, for people. */
function timesOf([first]: Result[]): string {
  const metrics = ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time', 'cumulative-layout-shift'];
  return metrics.map((metric) => `${metric} ${first?.audits[metric]?.displayValue}`).join(', ');
}

/** The audits that were not passed in the last run. */
function imperfections(results: Result[]): string {
  const audits = Object.entries(results.at(-1)?.audits ?? {});
  return audits
    .filter(([, { score }]) => score !== null && score < 0.9)
    .map(([id, { title, displayValue }]) => `${id}: ${title} ${displayValue ?? ''}`)
    .join('\n');
}
