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
  ['/react.js', { type: script, read: bundleReact }],
]);

function readSDK(): Promise<string> {
  const sdk = join(import.meta.dirname, 'node_modules/persona/dist/persona.js');
  return readFile(sdk, 'utf8');
}

async function bundleReact(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(folder, 'react.mjs')],
    bundle: true,
    define: { 'process.env.NODE_ENV': '"production"' },
    write: false,
  });
  const [bundle] = outputFiles;
  if (!bundle) throw new Error('esbuild made no bundle');
  return bundle.text;
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
