// The life of an inquiry as Persona's tutorial walks through it, by one user, one after another
// (docs.withpersona.com/docs/tutorial-embedded-flow-precreate).
import { expect, test } from '../fixtures.ts';
import type { Log } from '../programs.ts';

const user = 'usr_ABC123';

/** The lines that tell how an inquiry was found or made, without their level. */
function decisions(log: Log, fromLine: number): string[] {
  return log
    .records(fromLine)
    .filter(({ level }) => level === 'INFO')
    .map(({ message }) => message)
    .filter((message) => /^(No incomplete inquiry|Found existing inquiry|Inquiry is )/.test(message));
}

test('the four scenarios, one after another @phone', async ({
  page,
  stack,
  sandbox,
  signIn,
  onboarding,
  widget,
}) => {
  const { log } = stack;
  let seen = 0;
  const expectDecisions = async (lines: string[]) => {
    if (!log) return; // a server that was running before us keeps its log to itself
    await expect.poll(() => decisions(log, seen)).toEqual(lines);
    seen = log.lines.length;
  };
  await signIn.asAlexander();
  let first = '';

  await test.step('1: a new inquiry is created; closed at once', async () => {
    await onboarding.startVerifying();
    await expect(widget.dialog).toBeVisible();
    await expect(widget.step('Verify your identity')).toBeVisible();
    await expectDecisions(['No incomplete inquiry found, creating new one']);
    const inquiry = await sandbox.newestInquiry(user);
    expect(inquiry).toMatchObject({ status: 'created', referenceId: user });
    first = inquiry.id;

    await widget.leave();
    await expect(widget.dialog).toBeHidden();
  });

  await test.step('2: the created one opens again; left at the selfie', async () => {
    await page.reload();
    await onboarding.startVerifying();
    await expect(widget.step('Verify your identity')).toBeVisible();
    await expectDecisions([
      `Found existing inquiry ${first} with status: created`,
      'Inquiry is created, continuing without session token',
    ]);

    await widget.getStarted();
    await expect(widget.step('Government ID')).toBeVisible();
    await widget.submitGovernmentId();
    await expect(widget.step('Selfie')).toBeVisible();
    await widget.leave();
    await expect(widget.dialog).toBeHidden();
    expect(await sandbox.newestInquiry(user)).toMatchObject({ id: first, status: 'pending' });
  });

  await test.step('3: the pending one is resumed at the selfie and finished', async () => {
    await page.reload();
    await onboarding.startVerifying();
    await expect(widget.step('Selfie')).toBeVisible();
    await expectDecisions([
      `Found existing inquiry ${first} with status: pending`,
      'Inquiry is pending, generating session token to resume',
    ]);

    await widget.submitSelfie();
    await expect(widget.step('Success')).toBeVisible();
    await widget.done();
    await expect(widget.dialog).toBeHidden();
    await expect(onboarding.debugInfo).toContainText(`Completed inquiry with ID: ${first}`);
    // The workflow of the KYC template decides a moment later.
    await expect.poll(async () => (await sandbox.newestInquiry(user)).status).toBe('approved');
  });

  await test.step('4: a finished inquiry does not stand in the way of a new one', async () => {
    await page.reload();
    await onboarding.startVerifying();
    await expect(widget.step('Verify your identity')).toBeVisible();
    await expectDecisions(['No incomplete inquiry found, creating new one']);
  });

  const inquiries = await sandbox.inquiries(user);
  expect(inquiries.map(({ status }) => status)).toEqual(['created', 'approved']);
  expect(inquiries.at(-1)?.id).toBe(first);
});
