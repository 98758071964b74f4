// The tests' own `test`: a fresh app and sandbox for each test, page objects bound to them, and
// a watch that fails the test on any complaint of the browser that it did not announce.
import { join } from 'node:path';
import { test as base, expect, type TestInfo } from '@playwright/test';
import { CardStates } from './pages/card-states.ts';
import { HostedFlow } from './pages/hosted-flow.ts';
import { OnboardingPage } from './pages/onboarding.ts';
import { ResultPage, ResultsPage } from './pages/results.ts';
import { SandboxControls } from './pages/sandbox-controls.ts';
import { SessionsPage } from './pages/sessions.ts';
import { SignInPage } from './pages/sign-in.ts';
import { newPerson, SignUpPage } from './pages/sign-up.ts';
import { Widget } from './pages/widget.ts';
import { PersonaAPI } from './persona-api.ts';
import { type Stack, startApp } from './programs.ts';
import { ConsoleWatch } from './watch.ts';

/** What happens to a created inquiry on its way to a status, as Persona's simulations call it. */
const wayTo = {
  created: [],
  pending: ['start_inquiry'],
  expired: ['expire_inquiry'],
  failed: ['start_inquiry', 'fail_inquiry'],
  completed: ['start_inquiry', 'complete_inquiry'],
  needs_review: ['start_inquiry', 'complete_inquiry', 'mark_for_review_inquiry'],
  declined: ['start_inquiry', 'complete_inquiry', 'decline_inquiry'],
  approved: ['start_inquiry', 'complete_inquiry', 'approve_inquiry'],
} satisfies Record<string, string[]>;

export type ReachableStatus = keyof typeof wayTo;

export const reachableStatuses = Object.keys(wayTo) as ReachableStatus[];

interface Options {
  /** Configuration of the app beyond the defaults; needs a server of the test's own. */
  appEnvironment: NodeJS.ProcessEnv;
}

interface Fixtures {
  /** Where this test's programs keep their logs. */
  logFolder: string;
  stack: Stack;
  browserWatch: ConsoleWatch;
  sandbox: SandboxControls;
  persona: PersonaAPI;
  signIn: SignInPage;
  signUp: SignUpPage;
  sessions: SessionsPage;
  onboarding: OnboardingPage;
  results: ResultsPage;
  result: ResultPage;
  widget: Widget;
  hostedFlow: HostedFlow;
  cardStates: CardStates;
  /** Signs up somebody new, whose only inquiry is in this status; without one, who has none. */
  signUpWith: (status?: ReachableStatus) => Promise<void>;
  /** Presses the button as Alexander, leaves the window, and says which inquiry that has made. */
  startAndLeave: () => Promise<string>;
}

export const test = base.extend<Options & Fixtures>({
  appEnvironment: [{}, { option: true }],

  logFolder: async ({}, use, testInfo) => {
    await use(join(import.meta.dirname, 'logs', testInfo.project.name, slug(testInfo)));
  },

  stack: async ({ appEnvironment, logFolder, request }, use, testInfo) => {
    // A test that needs a configuration of its own starts its own app in any case.
    const needsItsOwn = Object.keys(appEnvironment).length > 0;
    const running = needsItsOwn ? undefined : runningStack();
    if (running) {
      await new SandboxControls(request, running.sandboxURL).reset();
      await use(running);
      return;
    }
    const stack = await startApp(logFolder, appEnvironment);
    try {
      await use(stack);
    } finally {
      await stack.stop();
      if (stack.log && testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('app.log', { path: stack.log.path, contentType: 'text/plain' });
      }
    }
  },

  baseURL: async ({ stack }, use) => {
    await use(stack.baseURL);
  },

  browserWatch: [
    async ({ context }, use) => {
      const watch = await ConsoleWatch.attach(context);
      await use(watch);
      const problems = watch.problems();
      if (problems.length > 0) {
        throw new Error(`the browser complained:\n${problems.join('\n')}`);
      }
    },
    { auto: true },
  ],

  sandbox: async ({ request, stack }, use) => {
    await use(new SandboxControls(request, stack.sandboxURL));
  },
  persona: async ({ request, stack }, use) => {
    await use(new PersonaAPI(request, stack.sandboxURL));
  },
  signIn: async ({ page }, use) => {
    await use(new SignInPage(page));
  },
  signUp: async ({ page }, use) => {
    await use(new SignUpPage(page));
  },
  sessions: async ({ page }, use) => {
    await use(new SessionsPage(page));
  },
  onboarding: async ({ page }, use) => {
    await use(new OnboardingPage(page));
  },
  results: async ({ page }, use) => {
    await use(new ResultsPage(page));
  },
  result: async ({ page }, use) => {
    await use(new ResultPage(page));
  },
  widget: async ({ page }, use) => {
    await use(new Widget(page));
  },
  hostedFlow: async ({ page }, use) => {
    await use(new HostedFlow(page));
  },
  cardStates: async ({ onboarding, widget, sandbox, persona }, use) => {
    await use(new CardStates({ onboarding, widget, sandbox, persona }));
  },
  signUpWith: async ({ page, persona, sandbox }, use) => {
    await use(async (status) => {
      // An open page would complain that its stream has lost its session.
      await page.goto('about:blank');
      await page.context().clearCookies({ name: 'session' });
      const { firstName, lastName, ...rest } = newPerson();
      const form = { first_name: firstName, last_name: lastName, ...rest };
      await expect(await page.request.post('/sign-up', { form })).toBeOK();
      if (!status) return;
      await page.request.post('/onboarding/start', { maxRedirects: 0 });
      const list = async (): Promise<{ inquiry_id: string; status: string }[]> =>
        (await (await page.request.get('/api/inquiries')).json()).inquiries;
      const id = (await list()).at(0)?.inquiry_id ?? '';
      const way: string[] = wayTo[status];
      // A completed one would be decided a moment later, maybe before the next action.
      if (way.includes('complete_inquiry')) await sandbox.stopClock();
      for (const action of way) await persona.simulate(id, action);
      await expect.poll(async () => (await list()).at(0)?.status).toBe(status);
    });
  },
  startAndLeave: async ({ sandbox, onboarding, widget }, use) => {
    await use(async () => {
      await onboarding.startVerifying();
      await expect(widget.step('Verify your identity')).toBeVisible();
      await widget.leave();
      await expect(widget.dialog).toBeHidden();
      return (await sandbox.newestInquiry('usr_ABC123')).id;
    });
  },
});

export { expect };

/** A running server named by the environment, instead of one for each test. */
function runningStack(): Stack | undefined {
  const { BASE_URL: baseURL, SANDBOX_URL: sandboxURL } = process.env;
  if (!baseURL) return undefined;
  if (!sandboxURL) throw new Error('BASE_URL is set: set SANDBOX_URL to its sandbox too');
  return { baseURL, sandboxURL, stop: async () => {} };
}

function slug({ titlePath }: TestInfo): string {
  return titlePath
    .join(' ')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 120);
}
