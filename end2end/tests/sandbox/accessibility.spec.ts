// The dashboard, the screens of the window and the hosted pages, light and dark.
import { expectAccessible } from '../../accessibility.ts';
import { expect, test } from '../../sandbox-fixtures.ts';

// What is wrong with the colours is wrong at any width, and the other way round: each width is looked
// at in one of them.
for (const [colorScheme, where] of [
  ['light', '@desk-only'],
  ['dark', '@phone-only'],
] as const) {
  test.describe(`in ${colorScheme} colours`, { tag: where }, () => {
    test.use({ colorScheme });
    // A dozen analyses each.
    test.slow();
    const styleVariant = colorScheme === 'dark' ? 'dark' : 'base';

    test('every page of the dashboard', async ({ page, dashboard, api }) => {
      await dashboard.goto();
      await expectAccessible(page);
      const inquiry = await api.create({
        attributes: { 'reference-id': 'usr_axe', fields: { name_first: 'Ada' } },
      });
      await api.expire(inquiry.id);
      await api.resume(inquiry.id);
      await api.approve((await api.create()).id);
      await api.create();
      for (const path of [
        '',
        '?status=created',
        '?reference-id=nobody',
        `/inquiries/${inquiry.id}`,
        '/templates',
        '/templates/itmpl_sandboxKYC',
        '/templates/itmpl_sandboxKYC/settings/general',
        '/templates/itmpl_sandboxKYC/settings/security',
        '/webhooks',
        '/api-logs',
        '/api-logs?status=4',
        '/clock',
        '/faults',
        '/scenarios',
        '/controls',
        '/environment',
      ]) {
        await dashboard.goto(path);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await expectAccessible(page);
      }
      // Nobody listens there: the delivery stays pending.
      await dashboard.goto('/webhooks');
      await page.getByLabel('URL').fill('http://127.0.0.1:9/hook');
      await page.getByLabel('Name').fill('Mirror');
      await page.getByRole('button', { name: 'Create webhook' }).click();
      await expect(page.getByRole('heading', { level: 1, name: 'Mirror' })).toBeVisible();
      await expectAccessible(page);
      const webhookUrl = page.url();
      await page.getByRole('button', { name: 'Reveal secrets' }).click();
      await expect(page.getByRole('button', { name: 'Copy the secret' })).toBeVisible();
      await page.getByText('Rotate secret…').click();
      await page.getByText('Archive…').click();
      await expectAccessible(page);
      await api.approve((await api.create()).id);
      await page.goto(webhookUrl);
      await expectAccessible(page);
      await page.getByRole('link', { name: 'inquiry.approved' }).click();
      await expect(page.getByRole('heading', { name: 'Attempt 1' })).toBeVisible();
      await expectAccessible(page);
      await dashboard.goto('/api-logs');
      await page.locator('main a[href*="/api-logs/"]').first().click();
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expectAccessible(page);
    });

    test('what the dashboard says when something is wrong', async ({ page, browserWatch, dashboard }) => {
      browserWatch.expect(/status of 404 .*\/dashboard\/inquiries/);
      await dashboard.goto('/inquiries/inq_unknown');
      await expect(page.getByRole('alert')).toBeVisible();
      await expectAccessible(page);
    });

    test('every screen of the window', async ({ page, dashboard, host, widget, api }) => {
      await dashboard.setNumber(/^Attempts/, 2);
      const { id } = await api.create();
      await host.open({ inquiryId: id, styleVariant });
      await expect(widget.step('Verify your identity')).toBeVisible();
      await expectAccessible(page);
      await widget.passSwitch.click();
      await widget.getStarted();
      await expect(widget.step('Government ID')).toBeVisible();
      await expectAccessible(page);
      await widget.source('Upload a photo').click();
      await expectAccessible(page);
      await widget.source('Take a photo').click();
      await expect(widget.cameraStatus).toContainText('permission was refused');
      await expectAccessible(page);
      await widget.submitGovernmentId();
      await expect(widget.step('Selfie')).toBeVisible();
      await expectAccessible(page);
      await widget.button('Close').click();
      await expect(widget.leaveDialog).toBeVisible();
      await expectAccessible(page);
      await widget.button('Stay').click();
      await widget.submitSelfie();
      await expect(widget.button('Try again')).toBeVisible();
      await expectAccessible(page);
      await widget.button('Try again').click();
      await widget.submitGovernmentId();
      await widget.submitSelfie();
      await expect(widget.button('Done')).toBeVisible();
      await expectAccessible(page);

      await host.open({ inquiryId: id, styleVariant });
      await expect(widget.heading('Already finished')).toBeVisible();
      await expectAccessible(page);
      const expired = await api.create();
      await api.expire(expired.id);
      await host.open({ inquiryId: expired.id, styleVariant });
      await expect(widget.heading('Inquiry expired')).toBeVisible();
      await expectAccessible(page);
      await api.resume(expired.id);
      await host.open({ inquiryId: expired.id, styleVariant });
      await expect(widget.heading('Session expired')).toBeVisible();
      await expectAccessible(page);
      await host.open({ inquiryId: 'inq_unknown', styleVariant });
      await expect(widget.refusal).toBeVisible();
      await expectAccessible(page);
    });

    for (const language of ['es-MX', 'fr', 'de', 'pt-BR', 'ar-EG']) {
      test(`the screens in ${language}`, async ({ page, host, widget, api }) => {
        const { id } = await api.create();
        await host.open({ inquiryId: id, styleVariant, language });
        await expect(widget.frame.locator('html')).toHaveAttribute('lang', language);
        for (const step of ['start', 'government_id', 'selfie', 'success']) {
          // By hooks, which are the same in each language.
          const screen = widget.frame.locator(`[data-test="flow"][data-step="${step}"]`);
          await expect(screen).toBeVisible();
          await expectAccessible(page);
          if (step === 'selfie') {
            await widget.frame.locator('[data-test="button__close"]').click();
            await expect(widget.leaveDialog).toBeVisible();
            await expectAccessible(page);
            await widget.frame.locator('[data-test="button__stay"]').click();
          }
          if (step !== 'success') await screen.locator('[data-test="button__primary"]').click();
        }
      });
    }

    test('every page of the hosted flow', async ({
      page,
      browserWatch,
      hostServer,
      hostedFlow,
      api,
    }) => {
      const { id } = await api.create();
      const query = new URLSearchParams({
        'inquiry-id': id,
        'style-variant': styleVariant,
        'redirect-uri': hostServer.url,
      });
      await page.goto(`/verify?${query}`);
      await expect(hostedFlow.step('Verify your identity')).toBeVisible();
      await expectAccessible(page);
      await hostedFlow.button('Get started').click();
      await expect(hostedFlow.step('Government ID')).toBeVisible();
      await expectAccessible(page);
      await hostedFlow.button('Submit government ID').click();
      await expect(hostedFlow.step('Selfie')).toBeVisible();
      await expectAccessible(page);
      await hostedFlow.button('Submit selfie').click();
      await expect(hostedFlow.step('Success')).toBeVisible();
      await expectAccessible(page);

      browserWatch.expect(/status of 410 .*\/verify/);
      await page.goto(`/verify?code=unknown&style-variant=${styleVariant}`);
      await expect(hostedFlow.heading('Link no longer valid')).toBeVisible();
      await expectAccessible(page);
    });
  });
}
