// Ports for programs that are told theirs before they start. The kernel gives connections theirs
// from 32768 on (Linux; 49152 elsewhere), the Rust tests take 26000 to 31999, and each worker here
// counts through a range of its own: nobody takes a port between finding and binding it.
import { once } from 'node:events';
import { createServer } from 'node:net';

const FIRST = 20_000;
const PER_WORKER = 500;
const WORKERS = 12;

const worker = Number(process.env.TEST_PARALLEL_INDEX ?? 0) % WORKERS;
// A run that follows, or goes on beside this one, begins elsewhere.
let next = process.pid;

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PER_WORKER; tries++) {
    const port = FIRST + worker * PER_WORKER + (next++ % PER_WORKER);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port is free from ${FIRST + worker * PER_WORKER} on`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
