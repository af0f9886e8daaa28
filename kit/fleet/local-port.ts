import { connect, createServer } from 'node:net';

const HOST = '127.0.0.1';
const LOOK_EVERY_MS = 50;
/** What forwards a published port takes connections before the container does, and ends them at once. */
const HELD_MS = 50;

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
    if (await holdsConnection(port)) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

function holdsConnection(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    const done = (holds: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(holds);
    };
    let timer: NodeJS.Timeout | undefined;
    socket.once('connect', () => (timer = setTimeout(done, HELD_MS, true)));
    socket.once('error', () => done(false));
    socket.once('end', () => done(false));
    socket.once('close', () => done(false));
    socket.resume();
  });
}
