// Tests whose browser is told where Persona's names lead, as /etc/hosts would: pages and links with
// Persona's own addresses reach a sandbox with a TLS port.
import { join } from 'node:path';
import { type Sandbox, startSandbox } from './programs.ts';
import { test as base } from './sandbox-fixtures.ts';

/** The IDs that the pages have written down. */
export const templateId = 'itmpl_DogWalkersKYC';
export const environmentId = 'env_DogWalkersSandbox';
const modules = join(import.meta.dirname, 'node_modules');

interface Fixtures {
  tlsSandbox: Sandbox;
  /** The addresses that the browser asked for. */
  requests: string[];
}

export const test = base.extend<Fixtures>({
  tlsSandbox: async ({ logFolder }, use) => {
    const sandbox = await startSandbox(logFolder, 0, [
      '--tls-addr=127.0.0.1:0',
      `--sdk=${modules}`,
      `--template=${templateId}`,
      `--environment-id=${environmentId}`,
    ]);
    await use(sandbox);
    await sandbox.stop();
  },

  stack: async ({ tlsSandbox }, use) => {
    const { url, log, stop } = tlsSandbox;
    await use({ baseURL: url, sandboxURL: url, log, stop });
  },

  // A browser of the test's own: the port is part of how it is started.
  context: async ({ tlsSandbox, playwright, launchOptions, contextOptions }, use) => {
    const { tls_addr: addr, ca_public_key_pin: pin } = tlsSandbox.ready;
    const rules = [
      `MAP *.withpersona.com ${addr}`,
      `MAP withpersona.com ${addr}`,
      'MAP * ~NOTFOUND',
      'EXCLUDE localhost',
    ];
    const browser = await playwright.chromium.launch({
      ...launchOptions,
      args: [
        ...(launchOptions.args ?? []),
        `--host-resolver-rules=${rules.join(',')}`,
        `--ignore-certificate-errors-spki-list=${pin}`,
      ],
    });
    await use(await browser.newContext(contextOptions));
    await browser.close();
  },

  requests: async ({ page }, use) => {
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await use(requests);
  },
});

export { expect } from './sandbox-fixtures.ts';
