// The sandbox in tests: starts the program, and speaks to its controls.
"use strict";

const { spawn } = require("node:child_process");
const { createInterface } = require("node:readline");
const { programPath } = require("./program.js");

const START_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;
const EVENT_TIMEOUT_MS = 5_000;
const POLL_MS = 20;

/** An answer of the sandbox that is not a success. */
class SandboxError extends Error {
  constructor(method, url, status, body) {
    const said = body?.error ?? body?.errors?.[0]?.details ?? body?.errors?.[0]?.title ?? "";
    super(`${method} ${url}: ${status} ${said}`.trimEnd());
    this.name = "SandboxError";
    this.status = status;
    this.body = body;
  }
}

async function request(method, url, body, headers = {}) {
  const response = await fetch(url, {
    method,
    headers: { "Content-Type": "application/json", ...headers },
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  const text = await response.text();
  let document;
  try {
    document = text === "" ? undefined : JSON.parse(text);
  } catch {
    document = text;
  }
  if (!response.ok) throw new SandboxError(method, url, response.status, document);
  return document;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** One environment of a sandbox: state, webhooks, clock, faults and settings of its own. */
class Environment {
  constructor(sandbox, name) {
    this.name = name;
    this.apiKey = name === undefined ? "persona_sandbox_test" : `persona_sandbox_env_${name}`;
    this.environmentId = name === undefined ? sandbox.environmentId : `env_${name}`;
    this.apiUrl = sandbox.apiUrl;
    this.templateId = sandbox.templateId;
    this.url = sandbox.url;
  }

  /** A request to Persona's API, with this environment's key. */
  api(method, path, body) {
    return request(method, `${this.apiUrl}${path}`, body, {
      Authorization: `Bearer ${this.apiKey}`,
      "Persona-Version": "2025-10-27",
    });
  }

  /** A request to the controls, below `/_sandbox/`. */
  control(method, path, body, query = {}) {
    const url = new URL(`/_sandbox/${path}`, this.url);
    for (const [key, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(key, value);
    }
    if (this.name !== undefined) url.searchParams.set("environment", this.name);
    return request(method, url.href, body);
  }

  /** Creates an inquiry, as a server would. */
  async createInquiry({ referenceId, fields, templateId = this.templateId } = {}) {
    const attributes = { "inquiry-template-id": templateId, fields };
    if (referenceId !== undefined) attributes["reference-id"] = referenceId;
    return (await this.api("POST", "/inquiries", { data: { attributes } })).data;
  }

  /** All inquiries, newest first, or those of a reference ID. */
  async inquiries({ referenceId } = {}) {
    return (await this.control("GET", "inquiries", undefined, { "reference-id": referenceId })).data;
  }

  /** Walks an inquiry through its flow, to any outcome. */
  async finish(inquiryId, { outcome, document, fields, failedChecks, abandonAt } = {}) {
    const body = {
      outcome,
      document,
      fields,
      failed_checks: failedChecks,
      abandon_at: abandonAt,
    };
    return (await this.control("POST", `inquiries/${inquiryId}/finish`, body)).data;
  }

  /** Advances the clock. */
  advance(seconds) {
    return this.control("POST", "clock", { advance_s: seconds });
  }

  /** Sets a fault. */
  async fault(fault) {
    return (await this.control("POST", "faults", fault)).data;
  }

  /** Removes all faults. */
  async clearFaults() {
    await this.control("DELETE", "faults");
  }

  /** Changes settings, and gives all of them. */
  settings(change) {
    return change === undefined
      ? this.control("GET", "settings")
      : this.control("POST", "settings", change);
  }

  /** Adds a template of yours, or replaces that with its ID; gives the templates as the API shows them. */
  async template(definition) {
    return (await this.control("POST", "templates", definition)).data;
  }

  /** Runs a scenario file; the report says what happened. */
  scenario(file) {
    return this.control("POST", "scenarios", file);
  }

  /** Makes a webhook that sends these events here, and gives its secret. */
  async webhook(url, { events = ["*"] } = {}) {
    const attributes = { name: "test", url, "enabled-events": events };
    const { data } = await this.api("POST", "/webhooks", { data: { attributes } });
    await this.api("POST", `/webhooks/${data.id}/enable`);
    return { id: data.id, secret: data.attributes.secrets?.[0]?.value ?? data.attributes.secret };
  }

  /** The events so far, newest first. */
  async events({ name, objectId } = {}) {
    const query = new URLSearchParams({ "page[size]": "100" });
    if (name !== undefined) query.set("filter[name]", name);
    if (objectId !== undefined) query.set("filter[object-id]", objectId);
    return (await this.api("GET", `/events?${query}`)).data;
  }

  /** Waits for an event, and gives it. */
  async waitForEvent(name, { objectId, timeoutMs = EVENT_TIMEOUT_MS } = {}) {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const [event] = await this.events({ name, objectId });
      if (event) return event;
      if (Date.now() > end) {
        const seen = (await this.events({ objectId })).map((it) => it.attributes.name);
        const of = objectId === undefined ? "" : ` of ${objectId}`;
        throw new Error(
          `no event ${name}${of} within ${timeoutMs} ms; there were ${seen.join(", ") || "none"}`,
        );
      }
      await pause(POLL_MS);
    }
  }

  /** Waits until no webhook is pending, and gives all deliveries, newest first. */
  async waitForDeliveries({ timeoutMs = EVENT_TIMEOUT_MS } = {}) {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const { data, counts } = await this.control("GET", "deliveries", undefined, { limit: 1000 });
      if (counts.pending === 0) return data;
      if (Date.now() > end) {
        throw new Error(`${counts.pending} webhooks are still pending after ${timeoutMs} ms`);
      }
      await pause(POLL_MS);
    }
  }

  /** Forgets everything in this environment. */
  async reset() {
    await this.control("POST", "reset");
  }

  /** Removes this environment; the default one is reset. */
  async remove() {
    if (this.name === undefined) return this.reset();
    await this.control("DELETE", "environments");
  }
}

/** A running sandbox. It is also its default environment. */
class Sandbox extends Environment {
  constructor(ready, child) {
    super({
      url: ready.url,
      apiUrl: ready.api_url,
      templateId: ready.template_id,
      environmentId: ready.environment_id,
    });
    this.pid = ready.pid;
    this.dashboardUrl = ready.dashboard_url;
    this.ready = ready;
    this.child = child;
  }

  /** The environment with this name, which is made on first use. */
  environment(name) {
    if (!/^[A-Za-z0-9-]{1,64}$/.test(name)) {
      throw new Error(`${name} is not the name of an environment: use letters, digits and hyphens`);
    }
    return new Environment(this, name);
  }

  /** Stops the program. */
  async stop() {
    const { child } = this;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const killing = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await ended;
    clearTimeout(killing);
  }
}

/** Starts the program on a free port, and waits until it answers. */
async function startSandbox({ args = [], program = programPath(), env = process.env } = {}) {
  const address = args.includes("--addr") ? [] : ["--addr", "127.0.0.1:0"];
  const child = spawn(program, [...address, ...args], {
    env: { RUST_LOG: "warn", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  // A test that is killed must not leave the program behind.
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.once("exit", () => process.removeListener("exit", kill));
  let complaint = "";
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (text) => {
    complaint = (complaint + text).slice(-4000);
  });
  const ready = await new Promise((resolve, reject) => {
    const fail = (message) => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      reject(new Error(`persona-sandbox ${message}: ${complaint.trim()}`));
    };
    const timer = setTimeout(
      () => fail(`did not start within ${START_TIMEOUT_MS} ms`),
      START_TIMEOUT_MS,
    );
    child.once("error", (error) => fail(`cannot be run (${error.message})`));
    child.once("exit", (code) => fail(`ended with ${code}`));
    createInterface({ input: child.stdout }).on("line", (line) => {
      let message;
      try {
        message = JSON.parse(line);
      } catch {
        return;
      }
      if (message.event !== "ready") return;
      clearTimeout(timer);
      child.removeAllListeners("exit");
      child.once("exit", () => process.removeListener("exit", kill));
      resolve(message);
    });
  });
  return new Sandbox(ready, child);
}

module.exports = { Environment, Sandbox, SandboxError, startSandbox };
