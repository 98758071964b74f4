// The status card: what is shown at each moment, and what of it survives other colours. Small screens and
// spaced text are in reflow.spec.ts.
import type { Page } from '@playwright/test';
import { expectAccessible } from '../accessibility.ts';
import { expect, test } from '../fixtures.ts';

/** A state that Persona brings about, and what the card then says and offers. */
const states = [
  { name: 'failed', heading: "We couldn't verify you this time", button: 'Try again' },
  { name: 'expired', heading: 'You ran out of time', button: 'Start again' },
  { name: 'declined', heading: "We couldn't verify your identity", button: 'Try again' },
  { name: 'approved', heading: "You're verified", button: 'Verify again' },
] as const;

/** The label that is seen, without what only a screen reader adds. */
async function visibleLabel(page: Page): Promise<string> {
  return page.locator('#verify-label').innerText();
}

for (const { name, heading, button } of states) {
  test(`${name}: the card changes in place, and has its own heading and action`, async ({
    page,
    persona,
    signIn,
    onboarding,
    startAndLeave,
  }) => {
    await signIn.asAlexander();
    const inquiry = await startAndLeave();
    expect(await visibleLabel(page)).toBe('Continue');
    await persona.simulate(inquiry, 'start_inquiry');
    const end = {
      failed: () => persona.simulate(inquiry, 'fail_inquiry'),
      expired: () => persona.expire(inquiry),
      declined: () => persona.decline(inquiry),
      approved: () => persona.approve(inquiry),
    }[name];
    await end();
    const card = onboarding.card;
    await expect(card.getByRole('heading', { level: 2 })).toHaveText(heading);
    await expect(page).toHaveTitle(`${heading} - Dog Walker`);
    expect(await visibleLabel(page)).toBe(button);
    // The button had the focus, and still has it.
    await expect(onboarding.verifyButton).toBeFocused();
    await expect(card.getByText(inquiry)).toBeVisible();
    await expectAccessible(page);

    // The server renders the same card.
    const live = await card.innerText();
    await page.reload();
    await expect(card.getByRole('heading', { level: 2 })).toHaveText(heading);
    expect(await card.innerText()).toBe(live);
    await expect(page).toHaveTitle(`${heading} - Dog Walker`);
  });
}

test('a session that is ended elsewhere is said to be over, and the way back is one press', async ({
  page,
  browserWatch,
  signIn,
  onboarding,
}) => {
  browserWatch.expect(/status of 401 .*get-or-create/);
  // The stream ends with the session; whether it was opened again before the click is a matter of time.
  browserWatch.tolerate(/status of 401 .*\/api\/inquiries(?!\/get)/);
  await signIn.asAlexander();
  await page.getByRole('link', { name: 'Change name or birthdate' }).focus();
  const elsewhere = await page.context().newPage();
  await elsewhere.goto('/account/profile');
  await elsewhere.getByRole('button', { name: 'Sign out' }).click();
  await expect(onboarding.statusLine).toContainText("You've been signed out");
  // Who the person was is not left on the screen, and the focus that was there is not lost.
  await expect(page.getByText('August 31, 1977')).toBeHidden();
  await expect(onboarding.verifyButton).toBeFocused();
  await onboarding.card.getByRole('button', { name: 'Sign in to start verifying' }).click();
  await expect(page).toHaveURL(/\/sign-in\?next=\/onboarding$/);
});

test('who is verified reads why the name stays before typing another', async ({ page, signUpWith }) => {
  await signUpWith('approved');
  await page.goto('/account/profile');
  await expect(page.getByText("You're verified under this name and birthdate")).toBeVisible();
  await expect(page.getByLabel('First name')).toHaveCount(0);
  await expectAccessible(page);
});

test('a declined person finds the support in the sentence that names it', async ({
  persona,
  signIn,
  onboarding,
  startAndLeave,
}) => {
  await signIn.asAlexander();
  await persona.decline(await startAndLeave());
  const link = onboarding.statusLine.getByRole('link', { name: 'contact us' });
  await expect(link).toHaveAttribute('href', /^(mailto|https):/);
});

test('a blocked script makes the way around it the first thing offered', async ({
  page,
  browserWatch,
  signIn,
  onboarding,
}) => {
  browserWatch.expect(/net::ERR_BLOCKED_BY_CLIENT.* \(.*\/vendor\/persona/);
  await page.route('**/vendor/persona*', (route) => route.abort('blockedbyclient'));
  await signIn.asAlexander();
  await onboarding.startVerifying();
  await expect(onboarding.hostedFlowButton).toBeVisible();
  await expect(onboarding.hostedFlowButton).not.toHaveClass(/is-second/);
  await expect(onboarding.verifyButton).toHaveClass(/is-second/);
});

test('who is verified is not asked to be, and a second Enter starts nothing anew', async ({
  page,
  sandbox,
  signIn,
  onboarding,
  widget,
}) => {
  await signIn.asAlexander();
  const lead = page.getByText('Before your first walk');
  await expect(lead).toBeVisible();
  await onboarding.startVerifying();
  await widget.complete();
  await expect(onboarding.statusLine).toContainText("You're verified");
  await expect(lead).toBeHidden();
  await expect(onboarding.card).toBeFocused();
  const inquiry = await sandbox.newestInquiry('usr_ABC123');
  await page.keyboard.press('Enter');
  await expect(widget.dialog).toHaveCount(0);
  expect(await sandbox.newestInquiry('usr_ABC123')).toEqual(inquiry);
  await expect(onboarding.statusLine).toContainText("You're verified");
});

test.describe('on a phone in Spanish', () => {
  test.use({ locale: 'es-ES', viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });

  test('the first thing to do is on the first screen, and the header is two lines', async ({
    page,
    signIn,
  }) => {
    await signIn.goto();
    await page.getByRole('button', { name: 'Alexander Sample' }).click();
    const button = page.locator('#verify-button');
    await expect(button).toBeInViewport({ ratio: 1 });
    await expect(page.getByText('¿No hay cámara aquí?')).toBeHidden();
    const header = await page.locator('.site-header').boundingBox();
    expect(header?.height).toBeLessThan(110);
  });
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(`with ${colorScheme} colours preferred`, () => {
    test.use({ colorScheme });

    test("Persona's window has the page's language and colours", async ({
      page,
      signIn,
      onboarding,
      widget,
    }) => {
      await signIn.asAlexander();
      await onboarding.startVerifying();
      await expect(widget.step('Verify your identity')).toBeVisible();
      const source = await widget.dialog.getAttribute('src');
      const { searchParams } = new URL(source ?? '', page.url());
      expect(searchParams.get('language')).toBe('en-US');
      expect(searchParams.get('style-variant')).toBe(colorScheme === 'dark' ? 'dark' : null);
    });
  });
}

test.describe('with colours that the system chooses', () => {
  test.use({ contextOptions: { forcedColors: 'active' } });

  test('a verified person still sees a frame, and the steps that are done', async ({
    page,
    persona,
    signIn,
    onboarding,
    startAndLeave,
  }) => {
    await signIn.asAlexander();
    await persona.approve(await startAndLeave());
    await expect(onboarding.statusLine).toHaveClass('is-good');
    const width = await onboarding.card.evaluate((card) => getComputedStyle(card).borderTopWidth);
    expect(width).toBe('3px');
    const steps = page.getByRole('list', { name: 'Your way to the first walk' }).getByRole('listitem');
    for (const step of await steps.all()) {
      const mark = step.evaluate((item) => getComputedStyle(item, '::before').content);
      expect(await mark).toContain('✓');
    }
  });
});

test('pages without an island load no WASM, only the small script that they use', async ({ page, signIn }) => {
  const loaded = new Set<string>();
  page.on('request', (request) => {
    const path = new URL(request.url()).pathname;
    if (/\.(wasm|js)$/.test(path)) loaded.add(path);
  });
  for (const path of ['/sign-in', '/sign-up']) {
    await page.goto(path);
    await page.waitForLoadState('networkidle');
  }
  expect([...loaded]).toEqual(['/show-password.js']);
  await signIn.asAlexander();
  loaded.clear();
  for (const path of ['/account/profile', '/account/sessions']) {
    await page.goto(path);
    await page.waitForLoadState('networkidle');
  }
  expect([...loaded]).toEqual(['/times.js']);
});

test.describe('in New York', () => {
  test.use({ timezoneId: 'America/New_York' });

  test('times are told in the zone of the person', async ({ page, signIn, result, startAndLeave }) => {
    await signIn.asAlexander();
    await result.goto(await startAndLeave());
    const time = page.getByRole('region', { name: 'History' }).locator('time').first();
    await expect(time).toHaveText(/^(Today|Yesterday), \d{1,2}:\d{2}\s[AP]M$/);
    const exact = (await time.getAttribute('datetime')) ?? '';
    expect(exact).toMatch(/^\d{4}-.*Z$/);
    const hour = new Intl.DateTimeFormat('en-US', { hour: 'numeric', timeZone: 'America/New_York' });
    const expected = hour.format(new Date(exact)).split(/\s/)[0] ?? '';
    await expect(time).toContainText(` ${expected}:`);
  });
});
