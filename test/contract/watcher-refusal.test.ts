import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createRefusalServer } from '../../runtimes/nodejs/refusal-server.ts';

test('a connection that no executor takes ends with its refusal, so that the next try gets a new one', async () => {
  const refusals = createRefusalServer(() => undefined);
  const port = createServer((socket) => refusals.take(socket, 'CONCURRENCY_LIMIT')).listen(0, '127.0.0.1');
  await once(port, 'listening');
  try {
    const socket = connect((port.address() as AddressInfo).port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: keep-alive\r\n\r\n');
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1.1 503 /);
    expect(answer).toContain('fibonacci-not-started: 1');
    expect(answer).toMatch(/\r\nconnection: close\r\n/i);
  } finally {
    refusals.close();
    port.close();
  }
}, 5000);
