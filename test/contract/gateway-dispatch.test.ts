import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { trigger } from './gateway-world/objects.ts';
import { open, sendRaw } from './gateway-world/raw.ts';
import { createWorld, type World } from './gateway-world/world.ts';

let world: World;
afterEach(() => world.close());

const hold = (ms: number) => (_request: IncomingMessage, response: { end(text: string): void }) => void setTimeout(() => response.end('done'), ms);
const body = async (answer: Response) => (await answer.json()) as { code: string; message: string };

test('a body over the limit is 413: by its announced length before anything is sent on, streamed once the limit is passed', async () => {
  world = await createWorld();
  await world.declare('small', { bodyLimit: '100Ki' });
  const watcher = await world.serve({ function: 'small', handler: (request, response) => request.resume().on('end', () => response.end('took it')) });
  const announced = await fetch(`${world.url}/small`, { method: 'POST', body: Buffer.alloc(102_401) });
  expect([announced.status, (await body(announced)).code, watcher.served]).toEqual([413, 'BODY_TOO_LARGE', 0]);
  const streamed = await fetch(`${world.url}/small`, { method: 'POST', body: chunks(30, 10_000), duplex: 'half' } as RequestInit);
  expect([streamed.status, (await body(streamed)).code]).toEqual([413, 'BODY_TOO_LARGE']);
  const fits = await fetch(`${world.url}/small`, { method: 'POST', body: Buffer.alloc(102_400) });
  expect([fits.status, await fits.text()]).toEqual([200, 'took it']);
});

test('bodies of every size and framing arrive unchanged, and so do the answers', async () => {
  world = await createWorld();
  await world.declare('echo', { bodyLimit: '10Mi' });
  await world.serve({ function: 'echo', handler: (request, response) => void request.pipe(response) });
  for (const size of [0, 1, 65_535, 65_536, 65_537, 1_000_000]) {
    const sent = Buffer.alloc(size, 'abcdefghij');
    const whole = await fetch(`${world.url}/echo`, { method: 'POST', body: sent });
    expect(Buffer.from(await whole.arrayBuffer()).equals(sent), `${size} announced`).toBe(true);
    const streamed = await fetch(`${world.url}/echo`, { method: 'POST', body: chunks(7, Math.ceil(size / 7)), duplex: 'half' } as RequestInit);
    expect((await streamed.arrayBuffer()).byteLength, `${size} streamed`).toBe(7 * Math.ceil(size / 7));
  }
});

test('a full queue is 429 with Retry-After; who waits is served in order as slots come free', async () => {
  world = await createWorld();
  await world.declare('one', { concurrency: 1, queueLimit: 2, timeout: '30s', activationTimeout: '30s' });
  const order: string[] = [];
  const gate = { open: false, release: () => {} };
  await world.serve({
    function: 'one',
    concurrency: 1,
    handler: (request, response) => {
      order.push(request.url ?? '');
      if (gate.open) response.end();
      else gate.release = () => void response.end();
    },
  });
  const waits = (count: number) => world.leader.hears('demand', ({ waiting }) => waiting === count);
  const ask = (n: number) => fetch(`${world.url}/one/${n}`);
  const first = ask(1);
  await expect.poll(() => order.length).toBe(1);
  const second = ask(2);
  await waits(1);
  const third = ask(3);
  expect(await waits(2)).toMatchObject({ function: 'demo/one', inFlight: 1 });
  const fourth = await ask(4);
  expect([fourth.status, fourth.headers.get('retry-after'), (await body(fourth)).code]).toEqual([429, '1', 'QUEUE_FULL']);
  gate.open = true;
  gate.release();
  expect((await Promise.all([first, second, third])).map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(order).toEqual(['/one/1', '/one/2', '/one/3']);
  await expect.poll(() => world.leader.heard.filter(({ type }) => type === 'demand').at(-1)).toMatchObject({ waiting: 0 });
});

test('what the leader refuses is told to those that wait, unless an instance is there', async () => {
  world = await createWorld();
  await world.declare('broken');
  await world.declare('busy', { concurrency: 1, activationTimeout: '5s' });
  const refusal = (name: string) =>
    world.leader.tell({ type: 'refused', function: `demo/${name}`, code: 'LOAD_FAILED', message: 'index.js:3: Unexpected token', retryAfterMs: 4000 });
  const broken = fetch(`${world.url}/broken`);
  await world.leader.hears('demand');
  refusal('broken');
  expect(await body(await broken)).toMatchObject({ code: 'LOAD_FAILED', message: 'index.js:3: Unexpected token' });
  world.leader.tell({ type: 'refused', function: 'demo/broken', code: 'NO_CAPACITY', message: 'the pool is empty', retryAfterMs: 4000 });
  await world.serve({ function: 'busy', concurrency: 1, handler: hold(600) });
  const held = [fetch(`${world.url}/busy`), fetch(`${world.url}/busy`)];
  await world.leader.hears('demand', ({ function: name, waiting }) => name === 'demo/busy' && waiting === 1);
  refusal('busy');
  expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
  world.leader.onDemand = () =>
    world.leader.tell({ type: 'refused', function: 'demo/broken', code: 'NO_CAPACITY', message: 'the pool is empty', retryAfterMs: 4000 });
  const empty = await fetch(`${world.url}/broken`);
  expect([empty.status, empty.headers.get('retry-after')]).toEqual([503, '4']);
});

test('a client that goes away while it waits leaves the line', async () => {
  world = await createWorld();
  await world.declare('gone');
  const socket = await open(world.url);
  socket.write('GET /gone HTTP/1.1\r\nHost: a\r\n\r\n');
  await world.leader.hears('demand', ({ waiting }) => waiting === 1);
  socket.destroy();
  await world.leader.hears('demand', ({ waiting }) => waiting === 0);
  const watcher = await world.serve({ function: 'gone' });
  await sleep(50);
  expect(watcher.served).toBe(0);
});

test('a client that goes away in the middle ends the request to the instance', async () => {
  world = await createWorld();
  await world.declare('long');
  const cut = Promise.withResolvers<void>();
  await world.serve({ function: 'long', handler: (_request, response) => void response.on('close', () => cut.resolve()).write('begun') });
  const socket = await open(world.url);
  socket.write('GET /long HTTP/1.1\r\nHost: a\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  socket.destroy();
  await cut.promise;
});

test.each([
  ['announced', 'Content-Length: 100\r\n\r\nhalf'],
  ['large', `Content-Length: 1000000\r\n\r\n${'x'.repeat(200_000)}`],
  ['chunked', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
])('a client that goes away in the middle of its upload (%s) leaves no slot taken', async (_name, rest) => {
  world = await createWorld();
  await world.declare('upload', { concurrency: 1 });
  await world.serve({ function: 'upload', concurrency: 1, handler: (request, response) => request.resume().on('end', () => response.end('ok')) });
  const socket = await open(world.url);
  socket.write(`POST /upload HTTP/1.1\r\nHost: a\r\n${rest}`);
  await sleep(50);
  socket.destroy();
  expect(await (await fetch(`${world.url}/upload`, { method: 'POST', body: 'x' })).text()).toBe('ok');
});

test('a function that hangs is 504, told its deadline before; one that began an answer is cut', async () => {
  world = await createWorld();
  await world.declare('hangs', { timeout: '300ms' });
  let told = 0;
  await world.serve({
    function: 'hangs',
    handler: (request, response) => {
      told = Number(request.headers['fibonacci-timeout-ms']);
      if (request.url === '/hangs/begun') response.writeHead(200, { 'content-type': 'text/plain' }).write('begun');
    },
  });
  const answer = await fetch(`${world.url}/hangs`);
  expect([answer.status, (await body(answer)).code]).toEqual([504, 'FUNCTION_TIMEOUT']);
  expect(told).toBe(300);
  const begun = await fetch(`${world.url}/hangs/begun`);
  expect(begun.status).toBe(200);
  await expect(begun.text()).rejects.toThrow();
});

test('without the scaler warm functions answer on; a cold one is served once the stream is back, or told that the scaler is away', async () => {
  world = await createWorld();
  await world.declare('warm');
  await world.declare('cold');
  await world.declare('lost', { activationTimeout: '1s' });
  await world.serve({ function: 'warm' });
  expect((await fetch(`${world.url}/warm`)).status).toBe(200);
  world.leader.pause();
  expect((await fetch(`${world.url}/warm`)).status).toBe(200);
  const cold = fetch(`${world.url}/cold`);
  const lost = await fetch(`${world.url}/lost`);
  expect([lost.status, (await body(lost)).code]).toEqual([503, 'SCALER_UNAVAILABLE']);
  const before = world.leader.heard.length;
  world.leader.resume();
  await world.leader.hears('hello', (hello) => world.leader.heard.indexOf(hello) >= before);
  const hello = world.leader.heard.slice(before).find((message) => message.type === 'hello');
  expect(hello).toMatchObject({ instances: [{ uid: 'uid-warm' }] });
  expect(hello?.type === 'hello' && hello.active.find(({ function: name }) => name === 'demo/cold')).toEqual({
    function: 'demo/cold',
    waiting: 1,
    inFlight: 0,
  });
  await world.serve({ function: 'cold' });
  expect((await cold).status).toBe(200);
});

test('a new leader’s snapshot is the truth: instances that it leaves out are dropped; an older leader is not listened to', async () => {
  world = await createWorld();
  await world.declare('moved', { activationTimeout: '1s' });
  const watcher = await world.serve({ function: 'moved' });
  expect((await fetch(`${world.url}/moved`)).status).toBe(200);
  const hellos = () => world.leader.heard.filter(({ type }) => type === 'hello').length;
  const reconnect = async (epoch: number, times: number) => {
    const before = hellos();
    world.leader.pause();
    world.leader.epoch = epoch;
    world.leader.resume();
    await expect.poll(hellos).toBeGreaterThanOrEqual(before + times);
  };
  await reconnect(3, 1);
  world.leader.forget(watcher.instance.id);
  await reconnect(2, 3);
  expect((await fetch(`${world.url}/moved`)).status).toBe(200);
  await reconnect(4, 1);
  expect((await fetch(`${world.url}/moved`)).status).toBe(504);
  expect(world.leader.heard.filter(({ type }) => type === 'hello').at(-1)).toMatchObject({ epoch: 3 });
});

test('a function is reported idle one second after its last request, once', async () => {
  world = await createWorld();
  await world.declare('idle');
  await world.serve({ function: 'idle' });
  await (await fetch(`${world.url}/idle`)).text();
  const ended = performance.now();
  await world.leader.hears('idle');
  expect(performance.now() - ended).toBeGreaterThan(950);
  await sleep(600);
  expect(world.leader.heard.filter(({ type }) => type === 'idle')).toEqual([{ type: 'idle', function: 'demo/idle' }]);
  expect(world.leader.heard).toContainEqual({ type: 'demand', function: 'demo/idle', waiting: 0, inFlight: 1 });
});

test('a draining instance gets nothing new, and is acknowledged once its requests are over', async () => {
  world = await createWorld();
  await world.declare('leaving', { concurrency: 4 });
  const old = await world.serve({ function: 'leaving', handler: hold(800) });
  const under = fetch(`${world.url}/leaving`);
  await expect.poll(() => old.served).toBe(1);
  const young = await world.watcher({ function: 'leaving' });
  world.leader.announce({ ...old.instance, state: 'draining' });
  world.leader.announce(young.instance);
  await sleep(30);
  expect(await (await fetch(`${world.url}/leaving`)).text()).toBe('hello');
  expect(world.leader.heard.some(({ type }) => type === 'drained')).toBe(false);
  expect(await (await under).text()).toBe('done');
  expect(await world.leader.hears('drained')).toEqual({ type: 'drained', instance: old.instance.id });
  expect([old.served, young.served]).toEqual([1, 1]);
});

test('instances of the own zone are used before others, and equally loaded ones take turns', async () => {
  world = await createWorld({ zone: 'a' });
  await world.declare('zoned', { concurrency: 1 });
  const [near, far] = [
    await world.serve({ function: 'zoned', zone: 'a', concurrency: 1, handler: hold(150) }),
    await world.serve({ function: 'zoned', zone: 'b', concurrency: 1, handler: hold(150) }),
  ];
  await sleep(20);
  for (let n = 0; n < 3; n++) await fetch(`${world.url}/zoned`);
  expect([near.served, far.served]).toEqual([3, 0]);
  await Promise.all([fetch(`${world.url}/zoned`), fetch(`${world.url}/zoned`)]);
  expect([near.served, far.served]).toEqual([4, 1]);
});

test('a function that is removed is 404 at once, also for those that wait; its instances serve no namesake with another UID', async () => {
  world = await createWorld();
  await world.declare('short');
  const waiting = fetch(`${world.url}/short`);
  await world.leader.hears('demand');
  await world.store.remove('Function', 'demo', 'short');
  expect((await waiting).status).toBe(404);
  expect((await body(await fetch(`${world.url}/short`))).code).toBe('FUNCTION_NOT_FOUND');
  await world.declare('short', { activationTimeout: '1s' });
  const stranger = await world.watcher({ function: 'short' });
  world.leader.announce({ ...stranger.instance, uid: 'another' });
  expect((await fetch(`${world.url}/short`)).status).toBe(504);
  expect(stranger.served).toBe(0);
});

test('a route that is claimed twice stays with the oldest claim until that is gone', async () => {
  world = await createWorld();
  for (const name of ['old', 'young']) {
    await world.store.apply((await import('./gateway-world/objects.ts')).fn(name));
    await world.serve({ function: name, handler: (_request, response) => void response.end(name) });
  }
  await world.store.apply(trigger('b', { path: '/shared' }, { function: 'young', created: '2026-02-01T00:00:00Z' }));
  await world.store.apply(trigger('a', { path: '/shared' }, { function: 'old', created: '2026-01-01T00:00:00Z' }));
  await sleep(20);
  const who = async () => (await fetch(`${world.url}/shared`)).text();
  expect(await who()).toBe('old');
  await world.store.remove('Trigger', 'demo', 'a');
  expect(await who()).toBe('young');
});

test('a method that no route takes is 405 with what is taken', async () => {
  world = await createWorld();
  await world.declare('hello');
  await world.store.apply(trigger('hello', { path: '/hello', methods: ['GET', 'POST'] }));
  const answer = await fetch(`${world.url}/hello`, { method: 'DELETE' });
  expect([answer.status, answer.headers.get('allow'), (await body(answer)).code]).toEqual([405, 'GET, POST', 'METHOD_NOT_ALLOWED']);
});

test('answers without a body have none: HEAD, 204 and 304', async () => {
  world = await createWorld();
  await world.declare('empty');
  await world.serve({
    function: 'empty',
    handler: (request, response) => {
      if (request.method === 'HEAD') response.writeHead(200, { 'content-length': '5' }).end();
      else response.writeHead(request.url === '/empty/304' ? 304 : 204, { etag: '"x"' }).end();
    },
  });
  const ask = (line: string) => sendRaw(world.url, `${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  for (const [line, status] of [
    ['HEAD /empty', 200],
    ['GET /empty', 204],
    ['GET /empty/304', 304],
  ] as const) {
    const answer = await ask(line);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/\r\n\r\n$/);
    expect(answer.toLowerCase()).not.toContain('transfer-encoding');
  }
});

test('several requests follow each other on one connection, pipelined too', async () => {
  world = await createWorld();
  await world.declare('hello');
  await world.serve({
    function: 'hello',
    handler: (request, response) => void setTimeout(() => response.end(request.url), request.url === '/hello/1' ? 50 : 0),
  });
  const one = (n: number, rest = '') => `GET /hello/${n} HTTP/1.1\r\nHost: a\r\n${rest}\r\n`;
  const text = await sendRaw(world.url, one(1) + one(2) + one(3, 'Connection: close\r\n'));
  expect(text.match(/\/hello\/\d/g)).toEqual(['/hello/1', '/hello/2', '/hello/3']);
});

test('Expect: 100-continue: the body is asked for only once an instance takes it', async () => {
  world = await createWorld();
  await world.declare('upload', { bodyLimit: '10Mi', activationTimeout: '2s' });
  const size = 200_000;
  const request = httpRequest(`${world.url}/upload`, { method: 'POST', headers: { expect: '100-continue', 'content-length': size } });
  let continued = false;
  request.on('continue', () => {
    continued = true;
    request.end(Buffer.alloc(size));
  });
  request.flushHeaders();
  await world.leader.hears('demand');
  await sleep(50);
  expect(continued).toBe(false);
  await world.serve({ function: 'upload', handler: (incoming, response) => void collect(incoming).then((bytes) => response.end(String(bytes.length))) });
  const response = await new Promise<IncomingMessage>((resolve) => request.on('response', resolve));
  expect((await collect(response)).toString()).toBe(String(size));
  expect(continued).toBe(true);
  const refused = await sendRaw(world.url, 'POST /upload HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 20000000\r\n\r\n', 200);
  expect(refused).toMatch(/^HTTP\/1.1 413 /);
});

function chunks(count: number, size: number): ReadableStream {
  let sent = 0;
  return new ReadableStream({ pull: (controller) => (sent++ < count ? controller.enqueue(Buffer.alloc(size, 'x')) : controller.close()) });
}

async function collect(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}
