import { createServer } from 'node:net';
import { holdsConnection } from '../holds-connection.ts';

const HOST = '127.0.0.1';
const LOOK_EVERY_MS = 50;
const CONNECT_MS = 1000;

/** A port of this machine that nobody listens on. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, HOST, resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Looks until the port takes a connection and holds it. */
export async function awaitPort(port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    if (await holdsConnection(`${HOST}:${port}`, CONNECT_MS)) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
