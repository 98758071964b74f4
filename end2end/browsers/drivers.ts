// The system's browsers, each by its own driver: geckodriver for Firefox, WebKitWebDriver for the
// MiniBrowser of WebKitGTK. Both speak W3C WebDriver. What is missing is an error that says what to
// install.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, createWriteStream, mkdirSync, readdirSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Builder, type WebDriver } from 'selenium-webdriver';
import { freePort } from '../ports.ts';

export type Engine = 'firefox' | 'webkit';

const START_LIMIT_MS = 30_000;
const POLL_MS = 100;
/** Debian keeps the programs of WebKitGTK in a folder of its version, under that of the machine. */
const LIBRARIES = '/usr/lib';

/** A running driver program, which starts a browser for each session. */
export class Driver {
  readonly #engine: Engine;
  readonly #process: ChildProcess;
  readonly #url: string;

  private constructor(engine: Engine, process: ChildProcess, url: string) {
    this.#engine = engine;
    this.#process = process;
    this.#url = url;
  }

  /** Starts the driver; its log goes to the file. */
  static async start(engine: Engine, log: string): Promise<Driver> {
    const port = await freePort();
    const [program, ...args] = command(engine, port);
    mkdirSync(dirname(log), { recursive: true });
    const file = createWriteStream(log);
    const process = spawn(program, args, {
      // A group of its own: the drivers leave browsers behind when they are killed alone.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment(),
    });
    process.stdout.pipe(file);
    process.stderr.pipe(file);
    const driver = new Driver(engine, process, `http://127.0.0.1:${port}`);
    await driver.#ready(log);
    return driver;
  }

  async #ready(log: string): Promise<void> {
    const deadline = Date.now() + START_LIMIT_MS;
    while (Date.now() < deadline && this.#process.exitCode === null) {
      const response = await fetch(`${this.#url}/status`).catch(() => undefined);
      if (response?.ok) return;
      await delay(POLL_MS);
    }
    await this.stop();
    throw new Error(`the driver of ${this.#engine} did not start, see ${log}`);
  }

  /** Opens the browser, with an empty profile. */
  async open(): Promise<WebDriver> {
    return new Builder()
      .usingServer(this.#url)
      .withCapabilities(capabilities(this.#engine))
      .build();
  }

  async stop(): Promise<void> {
    const { pid, exitCode, signalCode } = this.#process;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    const ended = once(this.#process, 'close');
    process.kill(-pid, 'SIGTERM');
    await Promise.race([ended, delay(5_000, undefined, { ref: false })]);
  }
}

function command(engine: Engine, port: number): [string, ...string[]] {
  if (engine === 'firefox') {
    const geckodriver = program('geckodriver', 'GECKODRIVER', 'run script/setup firefox');
    return [geckodriver, '--port', String(port)];
  }
  const driver = program('WebKitWebDriver', 'WEBKIT_DRIVER', 'apt install webkit2gtk-driver');
  const screen = program('xvfb-run', 'XVFB_RUN', 'apt install xvfb xauth');
  return [screen, '--auto-servernum', driver, `--port=${port}`];
}

function capabilities(engine: Engine): Record<string, unknown> {
  if (engine === 'firefox') {
    const binary = program('firefox-esr', 'FIREFOX', 'apt install firefox-esr', ['firefox']);
    return {
      browserName: 'firefox',
      'moz:firefoxOptions': {
        binary,
        args: ['-headless'],
        prefs: { 'intl.accept_languages': 'en-US, en', 'intl.locale.requested': 'en-US' },
      },
    };
  }
  return {
    browserName: 'MiniBrowser',
    'webkitgtk:browserOptions': { binary: miniBrowser(), args: ['--automation'] },
  };
}

/** The path of a program: the variable's, or the one on PATH. */
function program(name: string, variable: string, fix: string, others: string[] = []): string {
  const named = process.env[variable];
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = named
    ? [named]
    : [name, ...others].flatMap((name) => folders.map((folder) => join(folder, name)));
  const path = found.find(isExecutable);
  if (path) return path;
  throw new Error(`${named ?? name} is not a program: ${fix}, or set ${variable} to its path`);
}

function miniBrowser(): string {
  const named = process.env.WEBKIT_BROWSER;
  const folders = (parent: string, prefix: string) =>
    readdirSync(parent, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name.startsWith(prefix))
      .map((entry) => join(parent, entry.name));
  const found = named
    ? [named]
    : folders(LIBRARIES, '')
        .flatMap((folder) => folders(folder, 'webkit2gtk-4'))
        .map((folder) => join(folder, 'MiniBrowser'));
  const path = found.find(isExecutable);
  if (path) return path;
  throw new Error(
    `no MiniBrowser of WebKitGTK found: apt install webkit2gtk-driver, or set WEBKIT_BROWSER to its path`,
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** WebKitGTK asks for pages in the language of the environment. */
function environment(): NodeJS.ProcessEnv {
  return { ...process.env, LANG: 'en_US.UTF-8', LANGUAGE: 'en_US', LC_ALL: 'en_US.UTF-8' };
}
