// The whole flow once in each language: sign-in, the window, the live result, the results page.
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures.ts';
import { alexander } from '../stuck.ts';

interface Language {
  tag: string;
  direction: 'ltr' | 'rtl';
  start: string;
  verified: string;
  /** The language that the window is opened in, and its first heading. */
  window: string;
  windowHeading: string;
}

const languages: Language[] = [
  {
    tag: 'en',
    direction: 'ltr',
    start: 'Start Verifying',
    verified: "You're verified",
    window: 'en-US',
    windowHeading: 'Verify your identity',
  },
  {
    tag: 'es',
    direction: 'ltr',
    start: 'Empezar la verificación',
    verified: 'Su identidad está verificada',
    window: 'es-MX',
    windowHeading: 'Verifique su identidad',
  },
  {
    tag: 'fr',
    direction: 'ltr',
    start: 'Commencer la vérification',
    verified: 'Votre identité est vérifiée',
    window: 'fr',
    windowHeading: 'Vérifiez votre identité',
  },
  {
    tag: 'de',
    direction: 'ltr',
    start: 'Prüfung beginnen',
    verified: 'Ihre Identität ist bestätigt',
    window: 'de',
    windowHeading: 'Bestätigen Sie Ihre Identität',
  },
  {
    tag: 'pt-BR',
    direction: 'ltr',
    start: 'Começar a verificação',
    verified: 'Sua identidade está verificada',
    window: 'pt-BR',
    windowHeading: 'Verifique sua identidade',
  },
  {
    tag: 'ar',
    direction: 'rtl',
    start: 'بدء التحقق',
    verified: 'تم التحقق من هويتك',
    window: 'ar-EG',
    windowHeading: 'التحقق من هويتك',
  },
];

for (const { tag, direction, start, verified, window, windowHeading } of languages) {
  test.describe(tag, () => {
    test.use({ locale: tag, viewport: { width: 360, height: 740 } });

    test('the flow from the sign-in to the result', async ({ page, widget }) => {
      const expectFitting = async () => {
        await expect(page.locator('html')).toHaveAttribute('lang', tag);
        await expect(page.locator('html')).toHaveAttribute('dir', direction);
        const tooWide = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(tooWide, `${page.url()} scrolls sideways`).toBe(0);
      };
      await page.goto('/sign-up');
      await expectFitting();
      await page.goto('/sign-in');
      await expectFitting();
      await page.locator('form[action="/api/session/demo"] button').click();

      const button = page.locator('#verify-button');
      await expect(button).toHaveText(start);
      await expectFitting();
      await button.click();
      await expect(widget.dialog).toBeVisible();
      const url = new URL((await widget.dialog.getAttribute('src')) ?? '');
      expect(url.searchParams.get('language')).toBe(window);
      const root = widget.frame.locator('html');
      await expect(root).toHaveAttribute('lang', window);
      await expect(root).toHaveAttribute('dir', direction);
      await expect(widget.frame.locator('#heading')).toHaveText(windowHeading);
      for (const step of ['start', 'government_id', 'selfie', 'success']) {
        const screen = widget.frame.locator(`[data-test="flow"][data-step="${step}"]`);
        await expect(screen).toBeVisible();
        const tooWide = await root.evaluate((it) => it.scrollWidth - it.clientWidth);
        expect(tooWide, `the window scrolls sideways at ${step}`).toBe(0);
        await screen.locator('[data-test="button__primary"]').click();
      }

      // The island writes it, with the words of the page's file.
      await expect(page.locator('#status-heading')).toHaveText(verified);
      await expect(page).toHaveTitle(`${verified} - Dog Walker`);
      await expect(page.locator('#debug-info')).toContainText(/inq_\w+/);
      await expectFitting();

      await page.locator('#details-link').click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(verified);
      await expectFitting();
      await page.goto('/account/sessions');
      await expectFitting();
    });

    test('the header has its links in one line', async ({ page, signUpWith }) => {
      await signUpWith();
      await expectLinksInOneLine(page, 2);
    });

    test.describe('for an operator', () => {
      test.use({ appEnvironment: { OPERATORS: alexander } });

      test('the header has its links in one line', async ({ page }) => {
        await page.request.post('/api/session/demo');
        await expectLinksInOneLine(page, 3);
      });
    });
  });
}

async function expectLinksInOneLine(page: Page, count: number): Promise<void> {
  await page.goto('/results');
  const links = page.getByRole('navigation').getByRole('link');
  await expect(links).toHaveCount(count);
  const tops = await links.evaluateAll((all) => all.map((it) => it.getBoundingClientRect().top));
  expect(new Set(tops).size, 'lines of links').toBe(1);
  const header = await page.getByRole('banner').boundingBox();
  expect(header?.height, 'the header has two lines at most').toBeLessThan(125);
}

test.describe('from right to left', () => {
  test.use({ locale: 'ar' });

  test('an arrow of a drawing points the other way', async ({ page, signUpWith }) => {
    await signUpWith('pending');
    await page.goto('/onboarding');
    await expect(page.locator('.drawing use')).toHaveAttribute('href', /#unfinished$/);
    await expect(page.locator('.drawing')).toHaveCSS('scale', '-1 1');
  });
});

test('the server and the browser write dates alike', async ({ browser, stack }) => {
  for (const { tag } of languages) {
    const page = await browser.newPage({ baseURL: stack.baseURL, locale: tag, javaScriptEnabled: true });
    await page.goto('/sign-in');
    await page.locator('form[action="/api/session/demo"] button').click();
    const birthdate = await page.locator('.information dd').nth(1).textContent();
    const expected = await page.evaluate((tag) => {
      const locale = { ar: 'ar-u-nu-latn' }[tag] ?? tag;
      return new Date(1977, 7, 31).toLocaleDateString(locale, { dateStyle: 'long' });
    }, tag);
    // Without the marks that keep the order of parts in right-to-left text.
    expect(birthdate?.replace(/[\u2068\u2069]/g, '')).toBe(expected);
    await page.close();
  }
});

test('a language is chosen at the foot of the page, and kept', async ({ page, signIn }) => {
  await page.goto('/sign-in');
  await page.getByRole('button', { name: 'Deutsch' }).click();
  await expect(page).toHaveURL(/\/sign-in$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Anmelden');
  await page.getByRole('button', { name: 'Deutsch' }).focus();
  await expect(page.getByRole('button', { name: 'Deutsch' })).toHaveAttribute('aria-current', 'true');
  await page.getByRole('button', { name: 'English' }).click();
  await signIn.asAlexander();
  await page.getByRole('button', { name: 'العربية' }).click();
  await expect(page).toHaveURL(/\/onboarding$/);
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
  // In the account, not in this browser alone.
  await page.context().clearCookies({ name: 'language' });
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('lang', 'ar');
});
