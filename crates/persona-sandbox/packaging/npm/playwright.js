// Fixtures for Playwright: one sandbox for each worker, one environment for each test, and Persona's
// addresses routed to it. `base.extend(personaFixtures)` adds them.
"use strict";

const { startSandbox } = require("./index.js");

/** Persona's host names that browsers ask for. */
const isPersona = (url) => /(^|\.)withpersona\.com$/.test(url.hostname);

/** Answers what a browser asks of Persona's host names from the sandbox. */
async function routePersona(context, sandbox) {
  await context.route(isPersona, async (route) => {
    const request = route.request();
    const asked = new URL(request.url());
    const response = await route.fetch({
      url: new URL(asked.pathname + asked.search, sandbox.url).href,
      headers: { ...(await request.allHeaders()), host: asked.host },
      maxRedirects: 0,
    });
    await route.fulfill({ response });
  });
}

const personaFixtures = {
  /** Arguments of the program, such as `['--sdk', 'node_modules']`. */
  personaSandboxArgs: [[], { option: true, scope: "worker" }],

  /** A running sandbox, for all tests of a worker. */
  personaSandbox: [
    async ({ personaSandboxArgs }, use) => {
      const sandbox = await startSandbox({ args: personaSandboxArgs });
      await use(sandbox);
      await sandbox.stop();
    },
    { scope: "worker" },
  ],

  /** An environment of the sandbox that only this test sees. */
  persona: async ({ personaSandbox, context }, use, testInfo) => {
    const title = testInfo.title.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 30);
    const id = `${testInfo.testId.slice(-12)}-${testInfo.retry}-${testInfo.repeatEachIndex}`;
    const environment = personaSandbox.environment(`${title}-${id}`.replace(/^-+/, ""));
    await routePersona(context, personaSandbox);
    await use(environment);
    await environment.remove();
  },
};

module.exports = { personaFixtures, routePersona };
