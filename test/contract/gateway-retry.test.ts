import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { createWorld, type World } from './gateway-world/world.ts';

let world: World;
afterEach(() => world.close());

const cut = (request: IncomingMessage) => void request.socket.destroy();
const ok = (_request: IncomingMessage, response: ServerResponse): void => void response.end('ok');
const read = (request: IncomingMessage, response: ServerResponse) => {
  let size = 0;
  request.on('data', (chunk: Buffer) => (size += chunk.length)).on('end', () => response.end(String(size)));
};

/** The first instance does as told, the second is well. */
async function pair(name: string, spec: Parameters<World['declare']>[1], first: (request: IncomingMessage, response: ServerResponse) => void, second = ok) {
  world = await createWorld();
  await world.declare(name, spec);
  const bad = await world.serve({ function: name, handler: first });
  const good = await world.watcher({ function: name, handler: second });
  await sleep(20);
  return {
    bad,
    good,
    /** Sends a request that meets the first instance; the second is announced as it arrives there. */
    async ask(init: RequestInit = {}) {
      const answer = fetch(`${world.url}/${name}`, init);
      await expect.poll(() => bad.served + bad.refused, { interval: 1 }).toBeGreaterThan(0);
      world.leader.announce(good.instance);
      const got = await answer;
      return { status: got.status, text: await got.text() };
    },
  };
}

/** By then the gateway knows of the second one. */
const LATER_MS = 300;
const later = (act: (request: IncomingMessage, response: ServerResponse) => void) => (request: IncomingMessage, response: ServerResponse) =>
  void setTimeout(act, LATER_MS, request, response);

test.each<[string, string, Parameters<World['declare']>[1], number]>([
  ['GET', 'is sent to another', {}, 200],
  ['PUT', 'is sent to another', {}, 200],
  ['POST', 'is not: 502', {}, 502],
  ['POST', 'is sent to another where the function says safe', { retry: 'safe' }, 200],
  ['GET', 'is not where the function says never', { retry: 'never' }, 502],
])('%s whose connection breaks %s', async (method, _what, spec, status) => {
  const { good, ask } = await pair('breaks', spec, later(cut), read);
  const answer = await ask(method === 'GET' ? {} : { method, body: 'abc' });
  expect(answer.status).toBe(status);
  if (status === 200) expect(answer.text).toBe(method === 'GET' ? '0' : '3');
  else expect(JSON.parse(answer.text)).toMatchObject({ code: 'UPSTREAM_FAILED' });
  expect(good.served).toBe(status === 200 ? 1 : 0);
});

test('a small announced answer that breaks in the middle is replaced unseen', async () => {
  const { ask } = await pair(
    'half',
    {},
    later((request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('12345');
      setTimeout(() => request.socket.destroy(), 5);
    }),
  );
  expect(await ask()).toEqual({ status: 200, text: 'ok' });
});

test('an answer that breaks after bytes went to the client is cut, and not sent again', async () => {
  const { good, ask } = await pair(
    'streaming',
    {},
    later((request, response) => {
      response.write('begun');
      setTimeout(() => request.socket.destroy(), 50);
    }),
  );
  await expect(ask()).rejects.toThrow();
  expect(good.served).toBe(0);
});

test('a crash that the watcher tells of is as a broken connection', async () => {
  const crashed = (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(502, { 'fibonacci-error': 'FUNCTION_CRASHED' }).end('{}');
  const { ask } = await pair('crashes', {}, later(crashed));
  expect((await ask()).status).toBe(200);
});

test('a crash that every instance suffers is answered after three tries', async () => {
  world = await createWorld();
  await world.declare('poison');
  const watchers = await Promise.all(Array.from({ length: 5 }, () => world.serve({ function: 'poison', handler: cut })));
  await sleep(30);
  expect((await fetch(`${world.url}/poison`)).status).toBe(502);
  expect(watchers.reduce((sum, { served }) => sum + served, 0)).toBe(3);
});

test('an instance that cannot be reached is passed over, whatever the method, and the leader is told', async () => {
  world = await createWorld();
  await world.declare('dead');
  const dead = await world.serve({ function: 'dead' });
  await dead.close();
  await world.serve({ function: 'dead', handler: read });
  await sleep(20);
  for (let n = 0; n < 4; n++) expect(await (await fetch(`${world.url}/dead`, { method: 'POST', body: 'abcd' })).text()).toBe('4');
  expect(await world.leader.hears('suspect')).toMatchObject({ instance: dead.instance.id, reason: 'ECONNREFUSED' });
  const large = Buffer.alloc(300_000);
  for (let n = 0; n < 2; n++) expect(await (await fetch(`${world.url}/dead`, { method: 'POST', body: large })).text()).toBe('300000');
});

test.each([
  ['small', 3],
  ['above the replay buffer', 300_000],
])('a POST that is refused as not started goes elsewhere with its body: %s', async (_name, size) => {
  world = await createWorld();
  await world.declare('refuses');
  const bad = await world.serve({ function: 'refuses' });
  bad.refuseWith = 'CONCURRENCY_LIMIT';
  const good = await world.serve({ function: 'refuses', handler: read });
  await sleep(20);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => fetch(`${world.url}/refuses`, { method: 'POST', body: Buffer.alloc(size) }).then((answer) => answer.text())),
  );
  expect(answers).toEqual(Array(8).fill(String(size)));
  expect(good.served).toBe(8);
  expect(bad.refused).toBeGreaterThan(0);
});

test.each(['NOT_SPECIALIZED', 'DRAINING'])('an instance that refuses as %s is passed over, and the leader is told', async (code) => {
  world = await createWorld();
  await world.declare('odd');
  const odd = await world.serve({ function: 'odd' });
  odd.refuseWith = code;
  await world.serve({ function: 'odd' });
  await sleep(20);
  for (let n = 0; n < 4; n++) expect((await fetch(`${world.url}/odd`, { method: 'POST' })).status).toBe(200);
  expect(await world.leader.hears('suspect')).toMatchObject({ instance: odd.instance.id, reason: code });
});

test('with every instance refusing for a while the request waits and comes through', async () => {
  world = await createWorld();
  await world.declare('restarts');
  const watcher = await world.serve({ function: 'restarts' });
  watcher.refuseWith = 'EXECUTOR_UNAVAILABLE';
  setTimeout(() => (watcher.refuseWith = undefined), 300);
  const answer = await fetch(`${world.url}/restarts`, { method: 'POST', body: 'x' });
  expect(answer.status).toBe(200);
  expect(watcher.refused).toBeLessThan(40);
});

test('instances that break connections get no more than a few requests: they do not draw all because they have none in flight', async () => {
  world = await createWorld();
  await world.declare('holes');
  const holes = [await world.serve({ function: 'holes', handler: cut }), await world.serve({ function: 'holes', handler: cut })];
  const well = await world.watcher({ function: 'holes', handler: later(ok) });
  world.leader.announce(well.instance);
  await sleep(50);
  const statuses = await Promise.all(Array.from({ length: 12 }, async () => (await fetch(`${world.url}/holes`)).status));
  for (let turn = 0; turn < 20; turn++) statuses.push((await fetch(`${world.url}/holes`)).status);
  expect(statuses.filter((status) => status !== 200)).toEqual([]);
  expect(holes.reduce((sum, { served }) => sum + served, 0)).toBeLessThan(40);
});

test('FIB_RETRIES=off sends nothing again', async () => {
  world = await createWorld({ retries: 'off' });
  await world.declare('once');
  const watcher = await world.serve({ function: 'once', handler: cut });
  const other = await world.serve({ function: 'once', handler: cut });
  await sleep(20);
  expect((await fetch(`${world.url}/once`)).status).toBe(502);
  expect(watcher.served + other.served).toBe(1);
  watcher.refuseWith = other.refuseWith = 'CONCURRENCY_LIMIT';
  const refused = await fetch(`${world.url}/once`);
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([503, 'CONCURRENCY_LIMIT']);
  expect(watcher.refused + other.refused).toBe(1);
});

test('three gateways on a function of concurrency 1 give no wrong answer, and no instance ever runs two', async () => {
  world = await createWorld();
  const second = await world.addGateway();
  const third = await world.addGateway();
  await world.declare('one', { concurrency: 1, activationTimeout: '30s' });
  const handler = (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    request
      .on('data', (chunk: Buffer) => (text += chunk.toString()))
      .on('end', () => setTimeout(() => response.end(`${request.url}:${text}`), 1 + Math.random() * 6));
  };
  const watchers = await Promise.all(Array.from({ length: 4 }, () => world.serve({ function: 'one', concurrency: 1, handler })));
  await sleep(50);
  const urls = [world.url, second.invocations.url, third.invocations.url];
  let wrong = 0;
  const client = async (id: number) => {
    for (let n = 0; n < 40; n++) {
      const answer = await fetch(`${urls[(id + n) % 3]}/one/${id}-${n}`, { method: 'POST', body: `b${id}-${n}` });
      if (answer.status !== 200 || (await answer.text()) !== `/one/${id}-${n}:b${id}-${n}`) wrong++;
    }
  };
  await Promise.all(Array.from({ length: 15 }, (_, id) => client(id)));
  expect(wrong).toBe(0);
  expect(watchers.map(({ peak }) => peak)).toEqual([1, 1, 1, 1]);
  expect(watchers.reduce((sum, { served }) => sum + served, 0)).toBe(600);
  expect(watchers.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(0);
});
