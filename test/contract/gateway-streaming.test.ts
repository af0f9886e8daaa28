import { createHash } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'undici';
import { afterEach, expect, test } from 'vitest';
import { open } from './gateway-world/raw.ts';
import { createWorld, type World } from './gateway-world/world.ts';

let world: World;
afterEach(() => world.close());

test('server-sent events arrive one by one, the head before the first', async () => {
  world = await createWorld();
  await world.declare('events');
  let send: (text: string) => void = () => {};
  await world.serve({
    function: 'events',
    handler: (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      send = (text) => void response.write(`data: ${text}\n\n`);
    },
  });
  const answer = await fetch(`${world.url}/events`);
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  for (const text of ['one', 'two', 'three']) {
    send(text);
    expect(new TextDecoder().decode((await reader.read()).value)).toBe(`data: ${text}\n\n`);
  }
  await reader.cancel();
});

test('an announced answer that comes slowly is passed on before it is complete', async () => {
  world = await createWorld();
  await world.declare('slow');
  let finish = () => {};
  await world.serve({
    function: 'slow',
    handler: (_request, response) => {
      response.writeHead(200, { 'content-length': '10' }).write('12345');
      finish = () => void response.end('67890');
    },
  });
  const reader = ((await fetch(`${world.url}/slow`)).body as ReadableStream<Uint8Array>).getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe('12345');
  finish();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe('67890');
});

test('request and answer stream at the same time', async () => {
  world = await createWorld();
  await world.declare('both');
  await world.serve({
    function: 'both',
    handler: (request, response) => void request.on('data', (chunk: Buffer) => response.write(chunk.toString().toUpperCase())).on('end', () => response.end()),
  });
  const request = httpRequest(`${world.url}/both`, { method: 'POST' });
  request.write('a');
  const response = await new Promise<IncomingMessage>((resolve) => request.on('response', resolve));
  const next = () => new Promise<string>((resolve) => response.once('data', (chunk: Buffer) => resolve(chunk.toString())));
  expect(await next()).toBe('A');
  request.write('b');
  expect(await next()).toBe('B');
  request.end();
});

test('a slow reader slows the function down instead of filling the gateway', async () => {
  world = await createWorld();
  await world.declare('flood', { timeout: '30s' });
  let written = 0;
  await world.serve({
    function: 'flood',
    handler: (_request, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const pump = () => {
        while (written < 200 * 1024 * 1024) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', pump);
        }
        response.end();
      };
      pump();
    },
  });
  const socket = await open(world.url);
  socket.write('GET /flood HTTP/1.1\r\nHost: a\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  await sleep(300);
  const stalledAt = written;
  await sleep(300);
  expect(written).toBe(stalledAt);
  expect(stalledAt).toBeLessThan(50 * 1024 * 1024);
  socket.resume();
  await sleep(300);
  expect(written).toBeGreaterThan(stalledAt);
  socket.destroy();
});

test('a WebSocket reaches the function, carries messages both ways, and holds a slot until it closes', async () => {
  world = await createWorld();
  await world.declare('socket', { concurrency: 1, timeout: '500ms' });
  await world.serve({ function: 'socket', concurrency: 1, upgrade: echoFrames });
  const client = new WebSocket(`${world.url.replace('http', 'ws')}/socket?x=1`);
  await new Promise((resolve, reject) => {
    client.addEventListener('open', resolve);
    client.addEventListener('error', reject);
  });
  const echoed = new Promise((resolve) => client.addEventListener('message', ({ data }) => resolve(data)));
  client.send('hello');
  expect(await echoed).toBe('hello');
  const second = fetch(`${world.url}/socket`);
  const winner = await Promise.race([second.then(() => 'answered'), sleep(700, 'waits')]);
  expect(winner).toBe('waits');
  client.close();
  expect((await second).status).toBe(200);
});

test('an upgrade that the function refuses is an ordinary answer', async () => {
  world = await createWorld();
  await world.declare('plain');
  await world.serve({
    function: 'plain',
    handler: (_request, response) => void response.writeHead(501, { 'fibonacci-error': 'UPGRADE_UNSUPPORTED' }).end('no'),
  });
  const socket = await open(world.url);
  socket.write('GET /plain HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await new Promise((resolve) => socket.once('close', resolve));
  expect(text).toMatch(/^HTTP\/1.1 501 /);
  expect(text).toMatch(/\r\n\r\nno$/);
});

test('an upgrade waits for capacity like any request, and leaves the line when its client goes', async () => {
  world = await createWorld();
  await world.declare('later');
  const socket = await open(world.url);
  socket.write('GET /later HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  await world.leader.hears('demand', ({ waiting }) => waiting === 1);
  socket.end();
  await world.leader.hears('demand', ({ waiting }) => waiting === 0);
  const unknown = await open(world.url);
  unknown.write('GET /unknown HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  const answer = await new Promise<Buffer>((resolve) => unknown.once('data', resolve));
  expect(answer.toString()).toMatch(/^HTTP\/1.1 404 /);
});

/** The least of RFC 6455: short masked text frames are sent back unmasked; a close frame ends it. */
function echoFrames(request: IncomingMessage, socket: Duplex): void {
  const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
  socket.on('error', () => {});
  socket.on('data', (frame: Buffer) => {
    const opcode = (frame[0] as number) & 0x0f;
    const length = (frame[1] as number) & 0x7f;
    if (opcode === 8) return void socket.end(Buffer.from([0x88, 0]));
    const mask = frame.subarray(2, 6);
    const payload = frame.subarray(6, 6 + length).map((byte, index) => byte ^ (mask[index % 4] as number));
    socket.write(Buffer.concat([Buffer.from([0x81, length]), payload]));
  });
}
