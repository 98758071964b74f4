// Serves the pages in host/: those of teams that embed the flow, with the `persona` package as npm
// has it, or with `persona-react` bundled by esbuild.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { build } from 'esbuild';

const folder = join(import.meta.dirname, 'host');
const html = 'text/html; charset=utf-8';
const script = 'text/javascript; charset=utf-8';

const files = new Map<string, { type: string; read: () => Promise<string> }>([
  ['/', { type: html, read: () => readFile(join(folder, 'page.html'), 'utf8') }],
  ['/host.js', { type: script, read: () => readFile(join(folder, 'host.js'), 'utf8') }],
  ['/persona.js', { type: script, read: readSDK }],
  ['/react', { type: html, read: () => readFile(join(folder, 'react.html'), 'utf8') }],
  ['/react.js', { type: script, read: () => bundle('react.mjs') }],
  // A page of each release of the SDK, with nothing in it about the sandbox.
  ...['4.13.0', '5.1.2', '5.5.0', '5.7.0', '5.9.0'].map(cdnPage),
  ...['persona-react', 'persona-react-6.5'].flatMap(reactPage),
]);

type Served = [path: string, file: { type: string; read: () => Promise<string> }];

/** `/cdn/<version>`: a page that loads this version of the SDK from Persona's CDN. */
function cdnPage(version: string): Served {
  const read = async () => {
    const page = await readFile(join(folder, 'cdn.html'), 'utf8');
    return page.replace('persona-v5.1.2.js', `persona-v${version}.js`);
  };
  return [`/cdn/${version}`, { type: html, read }];
}

/** `/react/<package>`: a page with the React component of this package. */
function reactPage(name: string): Served[] {
  const read = async () => {
    const page = await readFile(join(folder, 'react.html'), 'utf8');
    return page.replace('/react.js', `/react/${name}.js`);
  };
  return [
    [`/react/${name}`, { type: html, read }],
    [`/react/${name}.js`, { type: script, read: () => bundle('react-page.mjs', name) }],
  ];
}

function readSDK(): Promise<string> {
  const sdk = join(import.meta.dirname, 'node_modules/persona/dist/persona.js');
  return readFile(sdk, 'utf8');
}

/** A page's script with what it imports; `persona-react` by another name if one is given. */
async function bundle(entry: string, react = 'persona-react'): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, entry)],
    bundle: true,
    alias: react === 'persona-react' ? {} : { 'persona-react': react },
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
  });
  const [bundled] = outputFiles;
  if (!bundled) throw new Error('esbuild made no bundle');
  return bundled.text;
}

/** A server of host pages on a port of its own. */
export class HostServer {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.url = `http://localhost:${port}`;
  }

  static async start(): Promise<HostServer> {
    const server = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      const file = files.get(pathname);
      if (!file) {
        response.writeHead(404).end();
        return;
      }
      file.read().then(
        (text) => response.writeHead(200, { 'content-type': file.type }).end(text),
        (error) => response.writeHead(500).end(String(error)),
      );
    });
    server.listen(0, 'localhost');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port was given');
    return new HostServer(server, address.port);
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
