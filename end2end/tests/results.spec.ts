// The results pages: complete without script, live with it, and nobody's but the owner's.
import { expect, test } from '../fixtures.ts';
import { newPerson } from '../pages/sign-up.ts';

const user = 'usr_ABC123';

test.describe('with JavaScript off', () => {
  test.use({ javaScriptEnabled: false });

  test('who has started nothing is shown the way', async ({ page, signIn, results }) => {
    await signIn.asAlexander();
    await results.link.click();
    await expect(results.heading).toBeVisible();
    await expect(results.empty).toBeVisible();
    await page.getByRole('link', { name: 'Start', exact: true }).click();
    await expect(page).toHaveURL(/\/onboarding$/);
  });

  test('a result can be read from the list to its history', async ({
    page,
    persona,
    sandbox,
    signIn,
    onboarding,
    results,
    result,
  }) => {
    await signIn.asAlexander();
    await onboarding.startVerifying();
    const inquiry = await sandbox.newestInquiry(user);
    await persona.simulate(inquiry.id, 'start_inquiry');
    await persona.approve(inquiry.id);

    await expect(async () => {
      await results.goto();
      await expect(results.items).toHaveCount(1);
      await expect(results.items).toContainText('Verified', { timeout: 500 });
    }).toPass();
    await expect(results.items).toContainText(inquiry.id);
    await results.items.getByRole('link').click();
    await expect(page).toHaveURL(/\/results\/res_\w+$/);
    expect(page.url()).not.toContain(inquiry.id);
    await expect(result.heading).toBeVisible();
    await expect(result.heading).toHaveText("You're verified");
    await expect(result.status).toContainText(inquiry.id);
    await expect(result.copyButton).toBeHidden();
    await expect(result.history.first()).toContainText('Created');
    await expect(result.history.last()).toContainText('Verified');
    await expect(page.locator('time').first()).toHaveAttribute('datetime', /^\d{4}-.*Z$/);
  });
});

test('a result changes while one looks at it, and is announced', async ({
  page,
  persona,
  signIn,
  results,
  result,
  startAndLeave,
}) => {
  await signIn.asAlexander();
  const inquiry = await startAndLeave();
  const list = await page.context().newPage();
  await list.goto('/results');
  await result.goto(inquiry);
  await expect(result.status).toContainText('Not started');

  await persona.decline(inquiry);
  await expect(result.status).toContainText("couldn't verify");
  await expect(result.announcement).toContainText("We couldn't verify your identity");
  await persona.approve(inquiry);
  await expect(result.status).toContainText('Verified');
  await expect(result.history.last()).toContainText('Verified');
  await expect(result.announcement).toContainText("You're verified");
  await expect(list.getByRole('main').getByRole('listitem')).toContainText('Verified');

  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await result.copyButton.click();
  await expect(result.copyButton).toHaveText('Copied');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(inquiry);
  await expect(results.link).toBeVisible();
});

/** What can be waited for, and what ends the waiting. */
function gate(): [Promise<void>, () => void] {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return [opened, open];
}

test('of two changes in a row the newer stays', async ({
  page,
  persona,
  signIn,
  result,
  startAndLeave,
}) => {
  await signIn.asAlexander();
  const inquiry = await startAndLeave();
  await result.goto(inquiry);
  await expect(result.status).toContainText('Not started');

  const [held, release] = gate();
  const [readOnce, noteFirst] = gate();
  const [readTwice, noteSecond] = gate();
  let reads = 0;
  await page.route(`**${await result.pathOf(inquiry)}`, async (route) => {
    reads++;
    if (reads > 1) {
      await route.continue();
      noteSecond();
      return;
    }
    const response = await route.fetch();
    noteFirst();
    await held;
    await route.fulfill({ response });
  });
  await persona.decline(inquiry);
  await readOnce;
  await persona.approve(inquiry);
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const source = new EventSource('/api/inquiries/live');
        source.addEventListener('inquiry', ({ data }) => {
          if (JSON.parse(data).status !== 'approved') return;
          source.close();
          resolve();
        });
      }),
  );
  // Time for a second read, which must not be made beside the first.
  await Promise.race([readTwice, page.waitForTimeout(1_000)]);
  expect(reads).toBe(1);
  release();
  await expect(result.announcement).toContainText("You're verified");
  await expect(result.status).toContainText('Verified');
  expect(reads).toBe(2);
});

test('a read that fails is repeated until the page is up to date', async ({
  page,
  browserWatch,
  persona,
  signIn,
  result,
  startAndLeave,
}) => {
  browserWatch.expect(/status of 503 .*results/);
  browserWatch.expect(/ERR_INTERNET_DISCONNECTED .*results/);
  await signIn.asAlexander();
  const inquiry = await startAndLeave();
  await result.goto(inquiry);
  await expect(result.status).toContainText('Not started');
  let reads = 0;
  await page.route(`**${await result.pathOf(inquiry)}`, async (route) => {
    reads++;
    if (reads === 1) await route.fulfill({ status: 503, body: 'later' });
    else if (reads === 2) await route.abort('internetdisconnected');
    else await route.continue();
  });
  await persona.decline(inquiry);
  await expect(result.status).toContainText("couldn't verify");
  await expect(result.announcement).toContainText("couldn't verify");
  expect(reads).toBe(3);
});

test("another's result is not there", async ({
  page,
  context,
  browserWatch,
  signIn,
  signUp,
  result,
  startAndLeave,
}) => {
  browserWatch.expect(/status of 404 .*results/);
  await signIn.asAlexander();
  const inquiry = await startAndLeave();
  const path = await result.pathOf(inquiry);
  // The page would complain that its stream has no session any more.
  await page.goto('about:blank');
  await context.clearCookies();
  await page.goto(path);
  await expect(page).toHaveURL(new RegExp(`/sign-in\\?next=${path}$`));
  await signUp.goto();
  await signUp.signUp(newPerson());
  await expect(page).toHaveURL(/\/onboarding$/);
  await page.goto(path);
  await expect(page.getByRole('heading', { level: 1, name: 'Page not found' })).toBeVisible();
});
