import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { PlatformError } from '../../protocol/errors.ts';
import { createWorld, TOKEN, type World } from './gateway-world/world.ts';

let world: World;
let folder: string | undefined;
afterEach(async () => {
  await world.close();
  if (folder) await rm(folder, { recursive: true });
  folder = undefined;
});

const bearer = { authorization: `Bearer ${TOKEN}` };
const admin = (path: string, init: RequestInit = {}) =>
  fetch(`${world.gateway.admin.url}${path}`, { ...init, headers: { ...bearer, ...(init.headers as Record<string, string>) } });
const metricsText = async () => (await admin('/metrics')).text();
const seriesOf = (text: string, key: string) => text.split('\n').filter((line) => line.includes(`function_name="${key}"`));

test('the API needs the internal token; health, readiness and metrics do not', async () => {
  world = await createWorld();
  for (const path of ['/v1/functions', '/v1/instances', '/v1/revisions', '/v1/logs', '/v1/invoke/demo/x']) {
    for (const authorization of ['', 'Bearer wrong', `Basic ${TOKEN}`, `Bearer ${TOKEN}x`]) {
      const answer = await fetch(`${world.gateway.admin.url}${path}`, { headers: authorization === '' ? {} : { authorization } });
      expect([path, answer.status, ((await answer.json()) as { code: string }).code]).toEqual([path, 401, 'TOKEN_INVALID']);
    }
  }
  for (const path of ['/_/health', '/_/ready', '/metrics']) expect((await fetch(`${world.gateway.admin.url}${path}`)).status).toBe(200);
  expect((await admin('/v1/nothing')).status).toBe(404);
  expect((await admin('/v1/functions', { method: 'POST' })).status).toBe(405);
});

test('functions, routes and instances are listed as this gateway sees them', async () => {
  world = await createWorld();
  await world.declare('hello', { concurrency: 4 });
  const watcher = await world.serve({ function: 'hello', concurrency: 4 });
  await fetch(`${world.url}/hello`);
  const { functions } = (await (await admin('/v1/functions')).json()) as { functions: unknown[] };
  expect(functions).toMatchObject([
    {
      namespace: 'demo',
      name: 'hello',
      uid: 'uid-hello',
      runtime: 'nodejs',
      routes: [{ trigger: 'hello', path: '/hello', accepted: true }],
      readyInstances: 1,
      inFlight: 0,
      waiting: 0,
      invocations: { succeeded: 1 },
    },
  ]);
  expect(await (await admin('/v1/instances')).json()).toMatchObject({
    instances: [{ id: watcher.instance.id, function: 'demo/hello', address: watcher.instance.address, state: 'ready', inFlight: 0 }],
    scaler: { connected: true, epoch: 1, gateways: 1 },
  });
  expect(await (await admin('/v1/revisions')).json()).toEqual({ revisions: [] });
});

test('invoke calls a function without a route, with path, query, body and method, and keeps the token to itself', async () => {
  world = await createWorld();
  await world.declare('timer');
  await world.serve({
    function: 'timer',
    handler: (request, response) => {
      let body = '';
      request
        .on('data', (chunk: Buffer) => (body += chunk.toString()))
        .on('end', () =>
          response.end(
            JSON.stringify({ method: request.method, url: request.url, body, type: request.headers['ce-type'], authorization: request.headers.authorization }),
          ),
        );
    },
  });
  const answer = await admin('/v1/invoke/demo/timer/a/b?x=1', { method: 'POST', body: 'tick', headers: { 'ce-type': 'tick' } });
  expect(await answer.json()).toEqual({ method: 'POST', url: '/a/b?x=1', body: 'tick', type: 'tick' });
  expect(await (await admin('/v1/invoke/demo/timer?x=1')).json()).toMatchObject({ method: 'GET', url: '/?x=1' });
  const own = await admin('/v1/invoke/demo/timer', { headers: { 'fibonacci-authorization': 'Bearer of the function' } });
  expect(await own.json()).toMatchObject({ authorization: 'Bearer of the function' });
  const unknown = await admin('/v1/invoke/demo/unknown');
  expect([unknown.status, ((await unknown.json()) as { code: string }).code]).toEqual([404, 'FUNCTION_NOT_FOUND']);
});

test('logs show the last lines of a function in order of time, and follow new ones', async () => {
  folder = await mkdtemp(join(tmpdir(), 'fib-logs-'));
  const line = (second: number, name: string, msg = 'x') =>
    `${JSON.stringify({ time: `2026-01-01T00:00:0${second}Z`, level: 'info', msg, function: `demo/${name}` })}\n`;
  await writeFile(join(folder, 'a.log'), line(1, 'hello', 'one') + line(2, 'other') + line(4, 'hello', 'four') + 'no json with demo/hello\n');
  await writeFile(join(folder, 'b.log'), line(3, 'hello', 'three'));
  world = await createWorld({ logDir: folder });
  const messages = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((each) => (JSON.parse(each) as { msg: string }).msg);
  expect(messages(await (await admin('/v1/logs?function=demo/hello')).text())).toEqual(['one', 'three', 'four']);
  expect(messages(await (await admin('/v1/logs?function=demo/hello&lines=1')).text())).toEqual(['four']);
  const followed = await admin('/v1/logs?function=demo/hello&follow=1&lines=1');
  const reader = (followed.body as ReadableStream<Uint8Array>).getReader();
  const next = async () => new TextDecoder().decode((await reader.read()).value);
  expect(await next()).toContain('four');
  await appendFile(join(folder, 'a.log'), line(5, 'other') + line(5, 'hello', 'five').slice(0, 20));
  await sleep(300);
  await appendFile(join(folder, 'a.log'), line(5, 'hello', 'five').slice(20));
  expect(await next()).toContain('five');
  await writeFile(join(folder, 'c.log'), line(6, 'hello', 'six'));
  expect(await next()).toContain('six');
  await reader.cancel();
  expect((await admin('/v1/logs?lines=many')).status).toBe(400);
});

test('a function has at most six series, code 200 at 0 before its first request, and its rate as a label', async () => {
  world = await createWorld();
  await world.declare('rated', {
    scaling: { minReplicas: 0, maxReplicas: 10, idleTimeout: '60s', stabilizationWindow: '60s', targetRate: 50 },
    timeout: '100ms',
    concurrency: 1,
  });
  expect(seriesOf(await metricsText(), 'demo/rated')).toEqual(['function_invoke_total{function_name="demo/rated",code="200",rate="50"} 0']);
  await world.serve({
    function: 'rated',
    concurrency: 1,
    handler: (request, response) => {
      const status = Number(request.url?.split('/')[2]);
      if (status !== 504) response.writeHead(status).end();
    },
  });
  await sleep(20);
  for (const status of [200, 302, 404, 500, 504]) await fetch(`${world.url}/rated/${status}`, { redirect: 'manual' });
  const waiting = [fetch(`${world.url}/rated/504`), fetch(`${world.url}/rated/200`)];
  await sleep(30);
  const busy = seriesOf(await metricsText(), 'demo/rated');
  expect(busy).toHaveLength(6);
  expect(busy).toContain('function_waiting{function_name="demo/rated"} 1');
  await Promise.all(waiting);
  const lines = seriesOf(await metricsText(), 'demo/rated');
  expect(lines).toHaveLength(6);
  expect(lines).toEqual(
    expect.arrayContaining([
      'function_invoke_total{function_name="demo/rated",code="200",rate="50"} 3',
      'function_invoke_total{function_name="demo/rated",code="4xx",rate="50"} 1',
      'function_invoke_total{function_name="demo/rated",code="5xx",rate="50"} 1',
      'function_invoke_total{function_name="demo/rated",code="504",rate="50"} 2',
      'function_in_flight{function_name="demo/rated"} 0',
      expect.stringMatching(/^function_invoke_duration_seconds_sum\{function_name="demo\/rated"\} [01]\.[0-9]+$/),
    ]),
  );
});

test('phases of a cold start are in the histogram once, per pool and runtime', async () => {
  world = await createWorld();
  await world.declare('cold');
  const answers = [fetch(`${world.url}/cold`), fetch(`${world.url}/cold`)];
  await world.leader.hears('demand', ({ waiting }) => waiting >= 1);
  await world.serve({ function: 'cold', coldStart: { pool: 'demo/pool', runtime: 'nodejs', allocateMs: 1, codeMs: 40, dependenciesMs: 0, initMs: 3 } });
  const timings = (await Promise.all(answers)).map((answer) => answer.headers.get('server-timing'));
  expect(timings).toEqual([expect.stringContaining('code;dur=40.00'), expect.stringContaining('code;dur=40.00')]);
  const text = await metricsText();
  expect(text).toContain('fibonacci_cold_start_seconds_count{pool="demo/pool",runtime="nodejs",phase="code"} 1');
  expect(text).toContain('fibonacci_cold_start_seconds_bucket{pool="demo/pool",runtime="nodejs",phase="code",le="0.03"} 0');
  expect(text).toContain('fibonacci_cold_start_seconds_bucket{pool="demo/pool",runtime="nodejs",phase="code",le="0.05"} 1');
});

test('filters refuse after the match, add headers before each dispatch, and see every outcome', async () => {
  const outcomes: number[] = [];
  world = await createWorld(
    {},
    {
      filters: {
        afterMatch: [
          async (_entry, head) => (head.headers.includes('letmein') ? undefined : new PlatformError('TOKEN_INVALID', 'no token')),
          (entry) => (entry.name === 'closed' ? new PlatformError('QUEUE_FULL', 'over quota', { details: { retryAfterMs: 3000 } }) : undefined),
        ],
        beforeDispatch: [(entry, _head, headers) => void headers.push('x-tenant', entry.namespace)],
        afterResponse: [(_entry, _head, { status }) => void outcomes.push(status)],
      },
    },
  );
  await world.declare('open');
  await world.declare('closed');
  await world.serve({ function: 'open', handler: (request, response) => void response.end(request.headers['x-tenant']) });
  expect((await fetch(`${world.url}/open`)).status).toBe(401);
  const withKey = { headers: { 'x-key': 'letmein' } };
  expect(await (await fetch(`${world.url}/open`, withKey)).text()).toBe('demo');
  const closed = await fetch(`${world.url}/closed`, withKey);
  expect([closed.status, closed.headers.get('retry-after')]).toEqual([429, '3']);
  expect(outcomes).toEqual([200]);
});
