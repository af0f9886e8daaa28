import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { holdsConnection } from '../../kit/holds-connection.ts';

const closers: (() => void)[] = [];
afterEach(() => closers.splice(0).forEach((close) => close()));

async function listen(onConnection: (socket: Socket) => void): Promise<string> {
  const server = createServer(onConnection).listen(0, '127.0.0.1');
  closers.push(() => server.close());
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a server that waits for a request', async () => {
  expect(await holdsConnection(await listen((socket) => closers.push(() => socket.destroy())), 1000)).toBe(true);
});

test('what only forwards, and finds nobody behind it', async () => {
  expect(await holdsConnection(await listen((socket) => socket.destroy()), 1000)).toBe(false);
  expect(await holdsConnection(await listen((socket) => socket.resetAndDestroy()), 1000)).toBe(false);
});

test('a port that nobody listens on', async () => {
  const address = await listen(() => undefined);
  closers.splice(0).forEach((close) => close());
  expect(await holdsConnection(address, 1000)).toBe(false);
});
