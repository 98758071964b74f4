// The programs under test, as a user would start them: the app with the sandbox inside, or the
// sandbox alone. Each gets free ports, a folder of its own that goes away with it, and a log.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from './ports.ts';

const root = resolve(import.meta.dirname, '..');
const target = resolve(root, process.env.CARGO_TARGET_DIR ?? 'target');
export const appProgram = resolve(root, process.env.APP_PROGRAM ?? join(target, 'debug/persona-onboarding'));
const sandboxProgram = resolve(
  root,
  process.env.SANDBOX_PROGRAM ?? join(target, 'debug/persona-sandbox'),
);
// Wherever the programs are built, cargo-leptos puts the site here: `site-root` in Cargo.toml.
export const siteRoot = resolve(root, process.env.LEPTOS_SITE_ROOT ?? 'target/site');

const START_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 15_000;
const POLL_MS = 50;

/** One record of the app's JSON log. */
export interface LogRecord {
  level: string;
  message: string;
}

/** What a program has written so far. */
export class Log {
  readonly path: string;
  readonly lines: string[] = [];

  constructor(path: string) {
    this.path = path;
  }

  /** The records from the given line on; lines that are no JSON are left out. */
  records(fromLine = 0): LogRecord[] {
    return this.lines.slice(fromLine).flatMap((line) => {
      try {
        const record = JSON.parse(line);
        return [{ level: String(record.level), message: String(record.message ?? '') }];
      } catch {
        return [];
      }
    });
  }

  tail(): string {
    return this.lines.slice(-30).join('\n');
  }
}

/** A started program. */
export class Program {
  readonly log: Log;
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #ended: Promise<unknown>;

  /** Starts `path` in a new empty folder, so that no `.env` and no earlier state is found. */
  constructor(name: string, path: string, args: string[], env: NodeJS.ProcessEnv, log: string) {
    if (!existsSync(path)) {
      throw new Error(
        `${path} is not built: run cargo leptos build && cargo build --package persona-sandbox`,
      );
    }
    this.#name = name;
    this.#folder = mkdtempSync(join(tmpdir(), `${name}-`));
    this.#process = spawn(path, args, {
      cwd: this.#folder,
      env: { ...inheritedEnvironment(), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#ended = once(this.#process, 'close');
    this.log = this.#keepLog(log);
  }

  #keepLog(path: string): Log {
    mkdirSync(dirname(path), { recursive: true });
    const log = new Log(path);
    const file = createWriteStream(path);
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (line) => {
        log.lines.push(line);
        file.write(`${line}\n`);
      });
    }
    void this.#ended.then(() => file.end());
    return log;
  }

  get hasEnded(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Waits until the address answers 200. */
  async ready(url: string): Promise<void> {
    await this.#started(`did not answer at ${url}`, async () => {
      const response = await fetch(url).catch(() => undefined);
      return response?.ok || undefined;
    });
  }

  /** Waits for a line that matches; gives its first group. */
  async says(pattern: RegExp): Promise<string> {
    return this.#started(`did not say ${pattern}`, async () => {
      for (const line of this.log.lines) {
        const found = pattern.exec(line)?.[1];
        if (found) return found;
      }
      return undefined;
    });
  }

  /** Asks again and again until there is an answer; it is a failure of the start if none comes. */
  async #started<T>(failure: string, ask: () => Promise<T | undefined>): Promise<T> {
    const deadline = Date.now() + START_LIMIT_MS;
    while (Date.now() < deadline) {
      if (this.hasEnded) throw new Error(`${this.#name} ended at its start:\n${this.log.tail()}`);
      const answer = await ask();
      if (answer !== undefined) return answer;
      await delay(POLL_MS);
    }
    await this.kill();
    throw new Error(`${this.#name} ${failure}:\n${this.log.tail()}`);
  }

  /** Asks it to end, as a service manager does; not ending in time is an error. */
  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    const ended = await Promise.race([
      this.#ended.then(() => true),
      delay(STOP_LIMIT_MS, false, { ref: false }),
    ]);
    if (!ended) {
      await this.kill();
      throw new Error(`${this.#name} did not end within ${STOP_LIMIT_MS} ms of SIGTERM`);
    }
    this.#removeFolder();
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
    this.#removeFolder();
  }

  #removeFolder(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Only what every program needs: the caller's own settings must not configure the tests. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'RUST_BACKTRACE'];
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}

/** A running app and the sandbox that it talks to. */
export interface Stack {
  baseURL: string;
  sandboxURL: string;
  /** Absent when the server was running before us. */
  log?: Log;
  stop(): Promise<void>;
}

/** What a sandbox says once it answers: the part of its ready line that tests read. */
export interface Ready {
  url: string;
  tls_addr: string | null;
  ca_public_key_pin: string | null;
}

/** A running sandbox without an app. */
export interface Sandbox {
  url: string;
  ready: Ready;
  log: Log;
  stop(): Promise<void>;
}

/**
 * Starts the app with its in-process sandbox; `env` overrides its configuration. As `host` the app is
 * also `127.0.0.1`: for browsers another site than the sandbox's.
 */
export async function startApp(
  logFolder: string,
  env: NodeJS.ProcessEnv = {},
  host = 'localhost',
): Promise<Stack> {
  // Somebody else may take a port between finding and binding it: then with other ports.
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const sandboxPort = await freePort();
    // Persona's SDK speaks http to `localhost:<port>` alone, so that is the name to use.
    const baseURL = `http://${host}:${port}`;
    const sandboxURL = `http://localhost:${sandboxPort}`;
    const program = new Program(
      'persona-onboarding',
      appProgram,
      [],
      {
        LEPTOS_SITE_ADDR: `127.0.0.1:${port}`,
        LEPTOS_SITE_ROOT: siteRoot,
        APP_BASE_URL: baseURL,
        DATABASE_URL: 'sqlite://onboarding.db',
        SANDBOX_ADDR: `127.0.0.1:${sandboxPort}`,
        SANDBOX_STATE: 'memory',
        // No balancer has to notice the end of a test.
        DRAIN_SECONDS: '0',
        LOG_FORMAT: 'json',
        RUST_LOG: 'info',
        ...env,
      },
      join(logFolder, 'app.log'),
    );
    try {
      await program.ready(`${baseURL}/readyz`);
    } catch (error) {
      if (attempt < 3 && program.log.tail().includes('is taken')) continue;
      throw error;
    }
    return { baseURL, sandboxURL, log: program.log, stop: () => program.stop() };
  }
}

/** Starts the sandbox alone, on a port of its choice unless one is given, with further `args`. */
export async function startSandbox(
  logFolder: string,
  port = 0,
  args: string[] = [],
): Promise<Sandbox> {
  const program = new Program(
    'persona-sandbox',
    sandboxProgram,
    ['--addr', `127.0.0.1:${port}`, '--state', 'memory', ...args],
    { RUST_LOG: 'info' },
    join(logFolder, 'sandbox.log'),
  );
  const ready: Ready = JSON.parse(await program.says(/^(\{"event":"ready".*\})$/));
  return { url: ready.url, ready, log: program.log, stop: () => program.stop() };
}

/** The environment of an app that uses a sandbox outside of its process. */
export function externalSandbox(port: number): NodeJS.ProcessEnv {
  return {
    PERSONA_API_KEY: 'persona_sandbox_end2end',
    PERSONA_API_URL: `http://localhost:${port}/api/v1`,
    PERSONA_WIDGET_HOST: `localhost:${port}`,
  };
}
