// A phone, held in one hand: everything by taps, in a viewport that must never be moved sideways. In Spanish,
// too, as by somebody who comes for the first time.
import { expect, type Locator, type Page } from '@playwright/test';
import { test } from '../fixtures.ts';
import { expectReflow } from '../reflow.ts';
import { newPerson } from '../pages/sign-up.ts';

const user = 'usr_ABC123';

/** Thumbs are wide: twice the 24 px of WCAG 2.5.8 are asked of what is the next step. */
const MIN_HEIGHT = 44;

/** Taps what a person needs next; it must be large enough, and all of the page fit the screen. */
async function tap(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  await expectReflow(page);
  const box = await target.boundingBox();
  expect(box?.height, `the height of ${target}`).toBeGreaterThanOrEqual(MIN_HEIGHT);
  await target.tap();
}

test('the four scenarios, one after another @phone-only', async ({
  page,
  sandbox,
  signIn,
  onboarding,
  widget,
}) => {
  const statuses = async () => (await sandbox.inquiries(user)).map(({ status }) => status);
  await signIn.goto();
  await tap(page, signIn.demoButton);

  await test.step('1: a new inquiry is created; closed at once', async () => {
    await tap(page, onboarding.verifyButton);
    await expect(widget.step('Verify your identity')).toBeVisible();
    expect(await statuses()).toEqual(['created']);
    await widget.button('Close').tap();
    await tap(page, widget.button('Leave'));
    await expect(widget.dialog).toBeHidden();
    await expect(onboarding.statusLine).toContainText("You're not done yet");
  });

  await test.step('2: the created one opens again; left at the selfie', async () => {
    await page.reload();
    await tap(page, onboarding.verifyButton);
    await tap(page, widget.button('Get started'));
    await tap(page, widget.button('Submit government ID'));
    await expect(widget.step('Selfie')).toBeVisible();
    await widget.button('Close').tap();
    await tap(page, widget.button('Leave'));
    await expect(widget.dialog).toBeHidden();
    expect(await statuses()).toEqual(['pending']);
  });

  await test.step('3: the pending one is resumed at the selfie and finished', async () => {
    await page.reload();
    await tap(page, onboarding.verifyButton);
    await tap(page, widget.button('Submit selfie'));
    await tap(page, widget.button('Done'));
    await expect(widget.dialog).toBeHidden();
    await expect(onboarding.statusLine).toContainText("You're verified");
    await expect(onboarding.card).toBeInViewport();
    expect(await statuses()).toEqual(['approved']);
  });

  await test.step('4: a finished inquiry does not stand in the way of a new one', async () => {
    await tap(page, onboarding.verifyButton);
    await expect(widget.step('Verify your identity')).toBeVisible();
    expect(await statuses()).toEqual(['created', 'approved']);
  });
});

test.describe('in Spanish', () => {
  test.use({ locale: 'es' });

  test('from the first page to the result @phone-only', async ({ page, sandbox, widget }) => {
    const { firstName, lastName, birthdate, email, password } = newPerson();
    await page.goto('/');
    await page.getByRole('link', { name: 'Crear cuenta' }).tap();
    await page.getByLabel('Nombre', { exact: true }).fill(firstName);
    await page.getByLabel('Apellidos').fill(lastName);
    await page.getByLabel('Fecha de nacimiento').fill(birthdate);
    await page.getByLabel('Correo electrónico').fill(email);
    await page.getByLabel('Contraseña').fill(password);
    await tap(page, page.getByRole('button', { name: 'Crear cuenta' }));

    await tap(page, page.getByRole('button', { name: 'Empezar la verificación' }));
    await tap(page, widget.button('Comenzar'));
    await tap(page, widget.button('Enviar documento de identidad'));
    await tap(page, widget.button('Enviar selfie'));
    await tap(page, widget.button('Listo'));
    await expect(page.getByRole('heading', { level: 2 }).first()).toHaveText('Su identidad está verificada');
    expect((await sandbox.allInquiries()).map(({ status }) => status)).toEqual(['approved']);
    await expectReflow(page);
  });
});
