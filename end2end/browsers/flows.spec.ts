// The flows that matter most, in a browser that Playwright does not drive.
import { By } from 'selenium-webdriver';
import { newPerson } from '../pages/sign-up.ts';
import { expect, test } from './fixtures.ts';

const user = 'usr_ABC123';

test('the four scenarios, one after another', async ({ tab, sandbox }) => {
  await tab.asAlexander();
  expect(await tab.heading()).toBe('Welcome, Alexander 🐕');

  await test.step('1: a new inquiry is created; closed at once', async () => {
    await tab.startVerifying();
    await tab.expectStep('Verify your identity');
    await tab.leaveWindow();
  });
  const { id, status } = await sandbox.newestInquiry(user);
  expect(status).toBe('created');

  await test.step('2: the created one opens again; left at the selfie', async () => {
    await tab.goto('/onboarding');
    await tab.startVerifying();
    await tab.expectStep('Verify your identity');
    await tab.pressInWindow('Get started');
    await tab.expectStep('Government ID');
    await tab.pressInWindow('Submit government ID');
    await tab.expectStep('Selfie');
    await tab.leaveWindow();
    expect(await sandbox.newestInquiry(user)).toMatchObject({ id, status: 'pending' });
  });

  await test.step('3: the pending one is resumed at the selfie and finished', async () => {
    await tab.goto('/onboarding');
    await tab.startVerifying();
    await tab.expectStep('Selfie');
    await tab.pressInWindow('Submit selfie');
    await tab.expectStep('Success');
    await tab.pressInWindow('Done');
    await expect.poll(() => tab.hasWindow()).toBe(false);
    await expect.poll(() => tab.debugInfo()).toContain(`Completed inquiry with ID: ${id}`);
    await expect.poll(async () => (await sandbox.newestInquiry(user)).status).toBe('approved');
  });

  await test.step('4: a finished inquiry does not stand in the way of a new one', async () => {
    await tab.goto('/onboarding');
    await tab.startVerifying();
    await tab.expectStep('Verify your identity');
    const statuses = (await sandbox.inquiries(user)).map(({ status }) => status);
    expect(statuses).toEqual(['created', 'approved']);
  });
});

test('a new walker signs up', async ({ tab }) => {
  const person = newPerson();
  await tab.goto('/sign-up');
  await tab.fill('Password', person.password);
  const password = await tab.driver.findElement(By.id('password'));
  await tab.press('Show password');
  expect(await password.getAttribute('type')).toBe('text');
  await tab.press('Hide password');
  expect(await password.getAttribute('type')).toBe('password');

  await tab.signUp(person);
  await expect.poll(() => tab.path()).toBe('/onboarding');
  await expect.poll(() => tab.heading()).toBe('Welcome, Zoë 🐕');
  expect(await tab.text('main')).toContain('May 17, 1990');
});

test('the result comes to the open page', async ({ tab, sandbox }) => {
  await tab.asAlexander();
  await sandbox.stopClock();
  await tab.startVerifying();
  for (const [step, button] of [
    ['Verify your identity', 'Get started'],
    ['Government ID', 'Submit government ID'],
    ['Selfie', 'Submit selfie'],
    ['Success', 'Done'],
  ] as const) {
    await tab.expectStep(step);
    await tab.pressInWindow(button);
  }
  await expect.poll(() => tab.status()).toMatch(/we have everything|checking your documents/);
  await tab.driver.executeScript('window.stillTheSamePage = true');
  await sandbox.advanceClock(60);
  await expect.poll(() => tab.status()).toContain("You're verified");
  expect(await tab.driver.executeScript('return window.stillTheSamePage')).toBe(true);
});

test.describe('with the window on another site than the page', () => {
  test.use({ appHost: '127.0.0.1' });

  test('cookies and storage of third parties are not needed', async ({ engine, tab, sandbox }) => {
    // Firefox runs the frame of another site in another process, which pointer actions of the page
    // do not reach; in WebKit a button takes no keys of the driver.
    const press = (button: string) =>
      engine === 'firefox' ? tab.enterInWindow(button) : tab.pressInWindow(button);
    await tab.asAlexander();
    await tab.startVerifying();
    await tab.expectStep('Verify your identity');
    await press('Get started');
    await tab.expectStep('Government ID');
    await press('Submit government ID');
    await tab.expectStep('Selfie');
    await press('Close');
    await press('Leave');
    await expect.poll(() => tab.hasWindow()).toBe(false);
    await tab.startVerifying();
    await tab.expectStep('Selfie');
    expect((await sandbox.newestInquiry(user)).status).toBe('pending');
  });
});

// Pages are sent with `no-store`, which keeps them out of Firefox' back/forward cache.
test('a page that is come back to goes on, from the cache or not', async ({ tab, engine }) => {
  await tab.asAlexander();
  await tab.startVerifying();
  await tab.expectStep('Verify your identity');
  await tab.leaveWindow();
  await tab.driver.executeScript('window.isFromTheCache = true');
  await tab.follow('Verifications');
  await expect.poll(() => tab.heading()).toBe('Your verifications');
  await tab.driver.navigate().back();
  await expect.poll(() => tab.heading()).toBe('Welcome, Alexander 🐕');
  const isFromTheCache = await tab.driver.executeScript('return window.isFromTheCache === true');
  expect(isFromTheCache).toBe(engine === 'webkit');
  expect(await tab.hasWindow()).toBe(false);
  await tab.startVerifying();
  await tab.expectStep('Verify your identity');
});

test.describe('where the SDK is blocked', () => {
  test.use({ appEnvironment: { PERSONA_SDK_URL: 'http://127.0.0.1:1/persona.js' } });

  test('the hosted way leads through and back, in the same tab', async ({ tab, sandbox, stack }) => {
    await tab.asAlexander();
    await tab.startVerifying();
    await expect.poll(() => tab.status()).toContain("couldn't open the verification here");
    await tab.press("Continue on Persona's website");
    for (const [step, button] of [
      ['Verify your identity', 'Get started'],
      ['Government ID', 'Submit government ID'],
      ['Selfie', 'Submit selfie'],
      ['Success', 'Done'],
    ] as const) {
      await expect.poll(() => tab.heading()).toBe(step);
      expect(new URL(await tab.driver.getCurrentUrl()).origin).toBe(stack.sandboxURL);
      await tab.press(button);
    }
    await expect.poll(() => tab.path()).toBe('/onboarding');
    await expect.poll(async () => (await sandbox.newestInquiry(user)).status).toBe('approved');
    // No pop-up, which a browser might have blocked.
    expect(await tab.driver.getAllWindowHandles()).toHaveLength(1);
  });
});
