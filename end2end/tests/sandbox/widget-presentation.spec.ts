// How the flow looks and speaks, and that it can be used by keyboard and on a phone.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { devices } from '@playwright/test';
import { HostPage } from '../../pages/host.ts';
import { Widget } from '../../pages/widget.ts';
import { expect, test } from '../../sandbox-fixtures.ts';

test('the window has the size that the flow prefers, and pages tell their height', async ({
  host,
  widget,
  api,
}) => {
  const { id } = await api.create();
  await host.open({ inquiryId: id });
  await expect(widget.step('Verify your identity')).toBeVisible();
  // SDK 5.9.0 calls a modal's onReady without its metadata, whatever its types say.
  const [{ preferredDimensions, styles }] = await host.heardBy('onEvent:ready');
  expect(preferredDimensions).toEqual({
    minimumWidth: '400px',
    maximumWidth: '440px',
    minimumHeight: '650px',
    maximumHeight: '780px',
  });
  await expect(widget.dialog).toHaveCSS('border-radius', styles.borderRadius);
  const box = await widget.dialog.boundingBox();
  if (!box) throw new Error('the window is not shown');
  expect(box.width).toBeGreaterThanOrEqual(400);
  expect(box.width).toBeLessThanOrEqual(440);
  expect(box.height).toBeGreaterThanOrEqual(650);
  expect(box.height).toBeLessThanOrEqual(740);

  await widget.getStarted();
  await widget.submitGovernmentId();
  await expect(widget.step('Selfie')).toBeVisible();
  const pages = await host.heardBy('onEvent:page-change');
  expect(pages.map(({ path }) => path)).toEqual(['/start', '/government_id', '/selfie']);
  for (const { pageHeight } of pages) {
    expect(pageHeight).toBeGreaterThan(300);
    expect(pageHeight).toBeLessThan(1200);
  }
  // Heights of pages that differ are told apart: an inline host sizes its frame by them.
  expect(new Set(pages.map(({ pageHeight }) => pageHeight)).size).toBeGreaterThan(1);
});

test('its address opened directly shows the flow to the end, and speaks with nobody', async ({
  page,
  hostedFlow,
  api,
}) => {
  const { id } = await api.create();
  await page.addInitScript(() => {
    window.addEventListener('message', () => document.body.setAttribute('data-told', ''));
  });
  await page.goto(`/widget?inquiry-id=${id}&environment-id=env_sandbox`);
  await expect(hostedFlow.step('Verify your identity')).toBeVisible();
  await expect(hostedFlow.button('Close')).toBeHidden();
  await hostedFlow.button('Get started').click();
  await hostedFlow.button('Submit government ID').click();
  await hostedFlow.button('Submit selfie').click();
  await expect(hostedFlow.step('Success')).toBeVisible();
  await expect(hostedFlow.button('Done')).toHaveCount(0);
  await expect(page.locator('body')).not.toHaveAttribute('data-told');
  expect((await api.retrieve(id)).status).toMatch(/^(completed|approved)$/);
});

test.describe('Spanish', () => {
  const walk = [
    ['Verifique su identidad', 'Comenzar'],
    ['Documento de identidad', 'Enviar documento de identidad'],
    ['Selfie', 'Enviar selfie'],
    ['Verificación enviada', 'Listo'],
  ] as const;

  test('by the parameter', async ({ host, widget, api }) => {
    const { id } = await api.create();
    await host.open({ inquiryId: id, language: 'es-MX' });
    for (const [heading, button] of walk) {
      await expect(widget.heading(heading)).toBeVisible();
      await expect(widget.frame.locator('html')).toHaveAttribute('lang', /^es/);
      await widget.button(button).click();
    }
    await expect(widget.dialog).toBeHidden();
    expect(await host.heardBy('onComplete')).toMatchObject([{ status: 'completed' }]);
  });

  test('by the browser, also when leaving', async ({ browser, hostServer, stack, api }) => {
    const context = await browser.newContext({ locale: 'es-ES' });
    const page = await context.newPage();
    const host = new HostPage(page, hostServer.url, stack.sandboxURL);
    const widget = new Widget(page);
    const { id } = await api.create();
    await host.open({ inquiryId: id });
    await expect(widget.heading('Verifique su identidad')).toBeVisible();
    await widget.button('Cerrar').click();
    await expect(widget.leaveDialog).toContainText('¿Salir sin terminar?');
    await widget.button('Salir').click();
    await expect(widget.dialog).toBeHidden();
    await context.close();
  });

  test('English by the parameter, and for languages that it does not speak', async ({
    host,
    widget,
    api,
  }) => {
    for (const language of ['en-US', 'ja']) {
      const { id } = await api.create();
      await host.open({ inquiryId: id, language });
      await expect(widget.step('Verify your identity')).toBeVisible();
      await expect(widget.frame.locator('html')).toHaveAttribute('lang', /^en/);
    }
  });
});

test('the dark variant is dark on every screen, the base variant is light', async ({
  host,
  widget,
  api,
}) => {
  const brightness = async () => {
    const color = await widget.frame
      .locator('body')
      .evaluate((body) => getComputedStyle(body).backgroundColor);
    const channels = color.match(/\d+/g)?.slice(0, 3).map(Number) ?? [];
    expect(channels).toHaveLength(3);
    return Math.max(...channels);
  };
  const { id } = await api.create();
  await host.open({ inquiryId: id });
  await expect(widget.step('Verify your identity')).toBeVisible();
  expect(await brightness()).toBeGreaterThan(200);
  await host.open({ inquiryId: id, styleVariant: 'dark' });
  await widget.getStarted();
  await expect(widget.step('Government ID')).toBeVisible();
  expect(await brightness()).toBeLessThan(60);
});

test('by keyboard alone, with the switch and the question before leaving', async ({
  page,
  host,
  widget,
  api,
}) => {
  const tabTo = async (target: typeof widget.passSwitch) => {
    await expect(async () => {
      await page.keyboard.press('Tab');
      await expect(target).toBeFocused({ timeout: 100 });
    }).toPass({ intervals: [0] });
  };
  const { id } = await api.create();
  await host.open({ inquiryId: id });
  await expect(widget.step('Verify your identity')).toBeFocused();
  await tabTo(widget.button('Get started'));
  await page.keyboard.press('Enter');

  await expect(widget.step('Government ID')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(widget.leaveDialog).toBeVisible();
  await expect(widget.button('Stay')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(widget.leaveDialog).toBeHidden();

  await tabTo(widget.passSwitch);
  await page.keyboard.press('Space');
  await expect(widget.passSwitch).not.toBeChecked();
  // The form itself is left by Enter from any of its controls.
  await page.keyboard.press('Enter');
  await expect(widget.step('Selfie')).toBeFocused();
  await tabTo(widget.button('Submit selfie'));
  await page.keyboard.press('Space');
  await expect(widget.step('Verification failed')).toBeFocused();
  await tabTo(widget.button('Done'));
  await page.keyboard.press('Enter');
  await expect(widget.dialog).toBeHidden();
  expect(await host.heardBy('onComplete')).toMatchObject([{ inquiryId: id, status: 'failed' }]);
});

test.describe('on a phone', () => {
  const { defaultBrowserType, ...phone } = devices['Pixel 7'];
  test.use(phone);

  test('it fills the screen and nothing is cut off', async ({ page, host, widget, api }) => {
    const { id } = await api.create();
    await host.open({ inquiryId: id });
    const viewport = page.viewportSize();
    const fits = () =>
      widget.frame.locator('html').evaluate((root) => root.scrollWidth <= root.clientWidth);
    const press = async (name: string) => {
      await widget.button(name).scrollIntoViewIfNeeded();
      expect((await widget.button(name).boundingBox())?.height).toBeGreaterThanOrEqual(44);
      await widget.button(name).tap();
    };

    await expect(widget.step('Verify your identity')).toBeVisible();
    // It moves into its place first.
    await expect
      .poll(() => widget.dialog.boundingBox())
      .toMatchObject({ x: 0, y: 0, ...viewport });
    expect(await fits()).toBe(true);
    await press('Get started');
    await expect(widget.step('Government ID')).toBeVisible();
    expect(await fits()).toBe(true);
    await press('Submit government ID');
    await expect(widget.step('Selfie')).toBeVisible();
    expect(await fits()).toBe(true);
    await press('Submit selfie');
    await expect(widget.step('Success')).toBeVisible();
    expect(await fits()).toBe(true);
    await press('Done');
    await expect(widget.dialog).toBeHidden();
    expect(await host.heardBy('onComplete')).toMatchObject([{ inquiryId: id }]);
  });
});

test('in a frame that is sandboxed without forms the flow goes on all the same', async ({
  page,
  api,
}) => {
  const { id } = await api.create();
  await page.goto('/dashboard');
  const source = new URL('/widget', page.url());
  // A server and no routed page: Chromium lets no page of the internet frame one of this machine.
  let html = '';
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html').end(html);
  }).listen(0, 'localhost');
  await once(server, 'listening');
  const host = `http://localhost:${(server.address() as AddressInfo).port}`;
  source.search = new URLSearchParams({
    'inquiry-id': id,
    'environment-id': 'env_sandbox',
    'iframe-origin': host,
    'frame-ancestors[0]': host,
  }).toString();
  const address = source.href.replaceAll('&', '&amp;');
  html = `<!doctype html><link rel="icon" href="data:,"><iframe title="flow" sandbox="allow-scripts allow-same-origin" src="${address}"></iframe>`;
  await page.goto(host);
  const frame = page.frameLocator('iframe');
  const button = (name: string) => frame.getByRole('button', { name, exact: true });
  await button('Get started').click();
  await button('Submit government ID').press('Enter');
  await button('Submit selfie').click();
  await expect(frame.getByRole('heading', { level: 1, name: 'Success' })).toBeVisible();
  expect((await api.retrieve(id)).status).toMatch(/completed|approved/);
  server.close();
  server.closeAllConnections();
});

test.describe('with colours that the system chooses', () => {
  test.use({ contextOptions: { forcedColors: 'active' } });

  test('the switch shows whether it is on', async ({ page, hostedFlow, api }) => {
    const { id } = await api.create();
    await page.goto(`/verify?inquiry-id=${id}`);
    await expect(hostedFlow.passSwitch).toBeChecked();
    await page.mouse.move(0, 0);
    const on = await hostedFlow.passSwitch.screenshot();
    await hostedFlow.passSwitch.click();
    await page.mouse.move(0, 0);
    await expect(hostedFlow.passSwitch).not.toBeChecked();
    const off = await hostedFlow.passSwitch.screenshot();
    expect(on.equals(off)).toBe(false);
  });
});
