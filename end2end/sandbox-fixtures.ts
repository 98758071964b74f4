// The tests' `test` for the sandbox alone: no app, but pages of other teams that embed the flow,
// and their servers' calls of the API. Every test has a sandbox of its own.
import { test as base } from './fixtures.ts';
import { HostServer } from './host-server.ts';
import { Dashboard } from './pages/dashboard.ts';
import { HostPage } from './pages/host.ts';
import { PersonaAPI } from './persona-api.ts';
import { startSandbox } from './programs.ts';

interface Fixtures {
  hostServer: HostServer;
  host: HostPage;
  dashboard: Dashboard;
  api: PersonaAPI;
}

export const test = base.extend<Fixtures>({
  stack: async ({ logFolder }, use) => {
    const sandbox = await startSandbox(logFolder);
    const { url } = sandbox;
    try {
      await use({ baseURL: url, sandboxURL: url, log: sandbox.log, stop: sandbox.stop });
    } finally {
      await sandbox.stop();
    }
  },

  hostServer: async ({}, use) => {
    const server = await HostServer.start();
    await use(server);
    await server.stop();
  },

  host: async ({ page, hostServer, stack }, use) => {
    await use(new HostPage(page, hostServer.url, stack.sandboxURL));
  },
  dashboard: async ({ page, stack }, use) => {
    await use(new Dashboard(page, stack.sandboxURL));
  },
  api: async ({ request, stack }, use) => {
    await use(new PersonaAPI(request, stack.sandboxURL));
  },
});

export { expect } from '@playwright/test';
