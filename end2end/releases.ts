// Two releases of the app behind one address. A release is a folder with the program, the browser's
// files under names that hold hashes, and `hash.txt`, as script/release writes it; these are made of the
// development build, whose files get other hashes and another content for each.
import { cpSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { freePort } from './ports.ts';
import { appProgram, externalSandbox, Program, type Sandbox, siteRoot } from './programs.ts';

const NAME = 'persona-onboarding';
/** Something that is valid in, and means nothing to, a script, a style sheet and WASM. */
const MARKS: Record<string, (release: string) => Buffer> = {
  js: (release) => Buffer.from(`\n// ${release}\n`),
  css: (release) => Buffer.from(`\n/* ${release} */\n`),
  // A custom section with an empty name: ID 0, its size, the size of the name, bytes.
  wasm: (release) => Buffer.concat([Buffer.from([0, release.length + 1, 0]), Buffer.from(release)]),
};

/** The address of a site whose releases replace each other, on one database. */
export class Site {
  readonly url: string;
  readonly #port: number;
  readonly #folder: string;
  readonly #sandbox: Sandbox;
  readonly #logs: string;
  readonly #secret = randomBytes(32).toString('hex');
  readonly #key = randomBytes(32).toString('base64');
  #program: Program | undefined;

  private constructor(port: number, folder: string, sandbox: Sandbox, logs: string) {
    this.url = `http://localhost:${port}`;
    this.#port = port;
    this.#folder = folder;
    this.#sandbox = sandbox;
    this.#logs = logs;
  }

  static async make(sandbox: Sandbox, logs: string): Promise<Site> {
    // Beside the program, which is linked into the releases.
    const folder = mkdtempSync(join(appProgram, '..', 'releases-'));
    return new Site(await freePort(), folder, sandbox, logs);
  }

  /** Replaces the release that runs by another one, whose files have other names. */
  async deploy(release: string): Promise<void> {
    await this.#program?.stop();
    const folder = this.#build(release);
    this.#program = new Program(
      `release-${release}`,
      join(folder, NAME),
      [],
      {
        ...externalSandbox(Number(new URL(this.#sandbox.url).port)),
        LEPTOS_SITE_ADDR: `127.0.0.1:${this.#port}`,
        LEPTOS_SITE_ROOT: join(folder, 'site'),
        LEPTOS_HASH_FILES: 'true',
        APP_BASE_URL: this.url,
        DATABASE_URL: `sqlite://${join(this.#folder, 'onboarding.db')}`,
        SESSION_SECRET: this.#secret,
        DATA_KEYS: this.#key,
        DRAIN_SECONDS: '0',
        LOG_FORMAT: 'json',
        RUST_LOG: 'info',
      },
      join(this.#logs, `${release}.log`),
    );
    await this.#program.ready(`${this.url}/readyz`);
  }

  #build(release: string): string {
    const folder = join(this.#folder, release);
    const pkg = join(folder, 'site', 'pkg');
    mkdirSync(pkg, { recursive: true });
    linkSync(appProgram, join(folder, NAME));
    cpSync(join(siteRoot, 'vendor'), join(folder, 'site', 'vendor'), { recursive: true });
    for (const file of ['show-password.js', 'times.js']) {
      cpSync(join(siteRoot, file), join(folder, 'site', file));
    }
    const hashes = Object.entries(MARKS).map(([kind, mark]) => {
      const content = readFileSync(join(siteRoot, 'pkg', `${NAME}.${kind}`));
      const marked = Buffer.concat([content, mark(release)]);
      const hash = createHash('sha256').update(marked).digest('base64url').slice(0, 22);
      writeFileSync(join(pkg, `${NAME}.${hash}.${kind}`), marked);
      return `${kind}: ${hash}\n`;
    });
    writeFileSync(join(folder, 'hash.txt'), hashes.join(''));
    return folder;
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
