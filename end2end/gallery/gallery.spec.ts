// Every state of the pages, to be looked at. Nothing is compared; what must hold is tested elsewhere.
import { expect } from '../fixtures.ts';
import { newPerson } from '../pages/sign-up.ts';
import { problems } from '../problems.ts';
import { test, webhookSecret } from './shoot.ts';

test('without an account', async ({ page, signIn, signUp, shoot }) => {
  await signIn.goto();
  await shoot('01-sign-in');
  await signIn.signIn('nobody@example.com', 'three cats at the lake');
  await expect(signIn.summary).toBeVisible();
  await shoot('02-sign-in-wrong');
  await signUp.goto();
  await shoot('03-sign-up');
  await signUp.signUp({ ...newPerson(), firstName: 'M4ya@', email: 'zoe', password: 'dogs' });
  await expect(signUp.summary).toBeVisible();
  await shoot('04-sign-up-wrong');
  await page.goto('/nowhere');
  await shoot('05-not-found');
});

test('from the first visit to the window', async ({ signIn, onboarding, widget, shoot }) => {
  await signIn.asAlexander();
  await shoot('10-first-visit');
  await onboarding.startVerifying();
  await expect(widget.step('Verify your identity')).toBeVisible();
  await widget.leave();
  await expect(widget.dialog).toBeHidden();
  await shoot('13-left');
  await onboarding.goto();
  await shoot('14-not-started');
});

test('slow to open', async ({ page, signIn, onboarding, shoot }) => {
  await signIn.asAlexander();
  await page.route('**/get-or-create', () => {});
  await onboarding.startVerifying();
  await expect(onboarding.statusLine).toContainText('Still opening');
  await shoot('11-slow');
});

test('submitted, with nothing heard yet', async ({ sandbox, signIn, onboarding, widget, shoot }) => {
  await sandbox.fault({ operation: 'webhook', kind: 'drop', count: 100 });
  await signIn.asAlexander();
  await onboarding.startVerifying();
  await widget.getStarted();
  await widget.submitGovernmentId();
  await sandbox.stopClock();
  await widget.submitSelfie();
  await widget.done();
  await expect(onboarding.statusLine).toContainText(/we have everything|checking your documents/i);
  await shoot('20-submitted');
});

test('the window, step by step', async ({ signIn, onboarding, widget, shoot }) => {
  await signIn.asAlexander();
  await onboarding.startVerifying();
  const states = {
    start: '12-window',
    'government-id': '16-window-id',
    selfie: '17-window-selfie',
    leave: '18-window-leave',
  };
  await widget.lookAtEachStep((screen) => shoot(states[screen]));
  await widget.passSwitch.uncheck();
  await widget.submitSelfie();
  await expect(widget.step('Verification failed')).toBeVisible();
  await shoot('19-window-failed');
});

test('what the window has done', async ({ signIn, cardStates, shoot }) => {
  await signIn.asAlexander();
  await cardStates.windowClosed();
  await shoot('35-window-closed');
  await cardStates.misconfigured();
  await shoot('36-misconfigured');
  await cardStates.notContinued();
  await shoot('34-not-continued');
});

test('unsuccessful, as the window says', async ({ signIn, cardStates, shoot }) => {
  await signIn.asAlexander();
  await cardStates.unsuccessful();
  await shoot('27-unsuccessful');
});

test('out of time in the open window', async ({ signIn, cardStates, shoot }) => {
  await signIn.asAlexander();
  await cardStates.ranOut();
  await shoot('33-ran-out');
});

test('a status that is not known', async ({ request, stack, signIn, cardStates, startAndLeave, shoot }) => {
  await signIn.asAlexander();
  await cardStates.unknown(await startAndLeave(), request, stack.baseURL, webhookSecret);
  await shoot('28-unknown');
});

test('what the server refuses', async ({ page, signIn, onboarding, shoot }) => {
  await signIn.asAlexander();
  for (const [index, problem] of problems.entries()) {
    await page.goto(`/onboarding?problem=${problem}`);
    await expect(onboarding.statusLine).toBeVisible();
    await shoot(`${50 + index}-${problem.replaceAll('_', '-')}`);
  }
});

/** What happens to an inquiry that was begun, and what the card then says. */
const outcomes: [string, string[], string][] = [
  ['15-unfinished', ['start_inquiry'], "You're not done yet"],
  ['21-failed', ['start_inquiry', 'fail_inquiry'], "couldn't verify you this time"],
  ['22-expired', ['expire_inquiry'], 'You ran out of time'],
  ['23-approved', ['start_inquiry', 'complete_inquiry', 'approve_inquiry'], "You're verified"],
  ['24-declined', ['start_inquiry', 'complete_inquiry', 'decline_inquiry'], "couldn't verify your"],
  ['25-checking', ['start_inquiry', 'complete_inquiry'], 'checking your documents'],
  ['26-review', ['start_inquiry', 'complete_inquiry', 'mark_for_review_inquiry'], 'A person is taking'],
];
for (const [state, actions, words] of outcomes) {
  test(state, async ({ sandbox, persona, signIn, onboarding, result, results, startAndLeave, shoot }) => {
    await signIn.asAlexander();
    const inquiry = await startAndLeave();
    // A completed one would be decided a moment later, maybe before the next action.
    if (actions.includes('complete_inquiry')) await sandbox.stopClock();
    for (const action of actions) await persona.simulate(inquiry, action);
    await expect(async () => {
      await onboarding.goto();
      await expect(onboarding.statusLine).toContainText(words, { timeout: 500 });
    }).toPass();
    await shoot(state);
    await result.goto(inquiry);
    await shoot(`${state}-details`);
    await results.goto();
    await shoot(`${state}-list`);
  });
}

test('blocked', async ({ page, signIn, onboarding, shoot }) => {
  await page.route('**/vendor/persona*', (route) => route.abort('blockedbyclient'));
  await signIn.asAlexander();
  await onboarding.startVerifying();
  await expect(onboarding.hostedFlowButton).toBeVisible();
  await shoot('30-blocked');
});

test('offline', async ({ page, signIn, onboarding, shoot }) => {
  await signIn.asAlexander();
  await page.route('**/get-or-create', (route) => route.abort('internetdisconnected'));
  await onboarding.startVerifying();
  await expect(onboarding.statusLine).toContainText('offline');
  await shoot('31-offline');
});

test('Persona down', async ({ sandbox, signIn, onboarding, shoot }) => {
  await sandbox.fault({ operation: 'list', kind: 'status:503', count: 100 });
  await signIn.asAlexander();
  await onboarding.startVerifying();
  await expect(onboarding.statusLine).toContainText("isn't answering");
  await shoot('32-persona-down');
});

test('an account', async ({ page, signIn, results, sessions, shoot }) => {
  await signIn.asAlexander();
  await results.goto();
  await shoot('40-no-verification');
  await page.goto('/account/profile');
  await shoot('41-profile');
  await sessions.goto();
  await shoot('42-devices');
});
