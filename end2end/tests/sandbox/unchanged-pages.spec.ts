// Pages with Persona's own addresses written down, and nothing in them about the sandbox: the
// browser alone is told where Persona's names lead, as /etc/hosts would.
import { Widget } from '../../pages/widget.ts';
import { environmentId, expect, templateId, test } from '../../tls-fixtures.ts';

const pages = {
  'persona 4.13.0': '/cdn/4.13.0',
  'persona 5.1.2': '/cdn/5.1.2',
  'persona 5.5.0': '/cdn/5.5.0',
  'persona 5.7.0': '/cdn/5.7.0',
  'persona 5.9.0': '/cdn/5.9.0',
  'persona-react 6.5.0': '/react/persona-react-6.5',
  'persona-react 6.7.0': '/react/persona-react',
};

for (const [sdk, path] of Object.entries(pages)) {
  test(`${sdk} runs unchanged`, async ({ page, hostServer, requests, sandbox }) => {
    await page.goto(`${hostServer.url}${path}`);
    await new Widget(page).complete();

    await expect(page.getByRole('status')).toHaveText(/^inq_\w+ completed$/);
    const [inquiry, ...others] = await sandbox.inquiries('usr_walker');
    expect(others).toEqual([]);
    await expect(page.getByRole('status')).toHaveText(`${inquiry?.id} completed`);

    const hosts = new Set(requests.map((url) => new URL(url)).map(({ host }) => host));
    const cdn = path.startsWith('/cdn/') ? ['cdn.withpersona.com'] : [];
    const own = new URL(hostServer.url).host;
    expect([...hosts].sort()).toEqual([...cdn, 'inquiry.withpersona.com', own].sort());
    const frame = requests.find((url) => url.includes('inquiry.withpersona.com/widget?'));
    expect(new URL(frame ?? '').searchParams.get('client-version')).toBe(version(sdk));
  });
}

/** The version of the SDK that is loaded: `persona-react` has one of `persona` within it. */
function version(sdk: string): string {
  const within: Record<string, string> = {
    'persona-react 6.5.0': '5.4.0',
    'persona-react 6.7.0': '5.8.0',
  };
  return within[sdk] ?? sdk.replace('persona ', '');
}

test('a hosted link that is written down runs unchanged', async ({
  page,
  hostServer,
  hostedFlow,
  sandbox,
}) => {
  const query = new URLSearchParams({
    'inquiry-template-id': templateId,
    'environment-id': environmentId,
    'reference-id': 'usr_hosted',
    'redirect-uri': `${hostServer.url}/`,
  });
  await page.goto(`https://inquiry.withpersona.com/verify?${query}`);
  await hostedFlow.button('Get started').click();
  await hostedFlow.button('Submit government ID').click();
  await hostedFlow.button('Submit selfie').click();
  await hostedFlow.button('Done').click();
  await page.waitForURL(`${hostServer.url}/?**`);
  const [inquiry] = await sandbox.inquiries('usr_hosted');
  expect(new URL(page.url()).searchParams.get('inquiry-id')).toBe(inquiry?.id);
});

test('a version that is not installed is named, with what to install', async ({
  page,
  browserWatch,
}) => {
  browserWatch.expect(/status of 404 .*persona-v5\.1\.4\.js/);
  browserWatch.tolerate(/status of 404 .*favicon\.ico/);
  await page.goto('https://cdn.withpersona.com/dist/persona-v5.1.4.js');
  await expect(page.locator('body')).toContainText(
    'npm install persona-5.1.4@npm:persona@5.1.4',
  );
});

// The README's warning: such a page must not be tried outside of a browser that is told where
// Persona's names lead.
test('an SDK before 5.3 takes a host that it does not know for Persona', async ({
  page,
  hostServer,
  requests,
  browserWatch,
}) => {
  // The page has another client already.
  browserWatch.expect(/persona-widget-styles already appended/);
  await page.goto(`${hostServer.url}/cdn/5.1.2`);
  await expect(new Widget(page).step('Verify your identity')).toBeVisible();
  await page.evaluate(() => {
    const { Client } = Reflect.get(window, 'Persona');
    new Client({
      host: 'localhost:3002',
      templateId: 'itmpl_DogWalkersKYC',
      fields: { nameFirst: 'Ada' },
    });
  });
  const told = () => requests.map((url) => new URL(url)).find((url) => url.search.includes('Ada'));
  await expect.poll(() => told()?.origin).toBe('https://inquiry.withpersona.com');
});
