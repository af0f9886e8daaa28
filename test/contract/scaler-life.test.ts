import { afterEach, expect, test } from 'vitest';
import { openStream } from '../../kit/stream.ts';
import { SCALER_PATHS } from '../../protocol/names.ts';
import { type GatewayMessage, leaderMessage, type LeaderMessage } from '../../protocol/stream.ts';
import { eventually, functionObject, httpTrigger, packageOf, type Platform, type PlatformOptions, podPool, startPlatform } from './platform.ts';

let platform: Platform | undefined;
const cleanups: (() => void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0)) cleanUp();
  await platform?.close();
  platform = undefined;
});
const start = async (options: PlatformOptions) => (platform = await startPlatform(options));

const hello = packageOf({
  'index.js': 'export const handler = (event) => new Promise((resolve) => setTimeout(resolve, Number(event.query?.ms ?? 0), { watcher: process.ppid }));',
});
const web = { deployment: { type: 'hot' as const, pool: 'web' } };
const stack = (fn: Parameters<typeof functionObject>[2] = {}) => ({
  packages: [hello],
  objects: [podPool('web', { min: 2 }), functionObject('hello', hello, { ...web, ...fn }), httpTrigger('hello')],
});

const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** A gateway that the test plays. */
function joinAs(gateway: string, hello: Partial<Extract<GatewayMessage, { type: 'hello' }>> = {}, token = platform?.internalToken ?? '') {
  const heard: LeaderMessage[] = [];
  let closed: string | undefined;
  const stream = openStream<typeof leaderMessage, GatewayMessage>({ url: `${platform?.scaler.url}${SCALER_PATHS.stream}`, token }, leaderMessage, {
    onMessage: (message) => void heard.push(message),
    onClose: (reason) => (closed = reason),
  });
  cleanups.push(() => stream.close('the test ends'));
  stream.send({ type: 'hello', gateway, epoch: 0, active: [], instances: [], ...hello });
  const hears = (fits: (message: LeaderMessage) => boolean) =>
    eventually(
      async () => heard.find(fits),
      10_000,
      () => `${gateway} heard only ${JSON.stringify(heard)}`,
    );
  return {
    stream,
    heard,
    hears,
    closed: () =>
      eventually(
        async () => closed,
        10_000,
        () => 'the stream was not closed',
      ),
  };
}

test('when the scaler is killed its instances end; the next one leads with a higher epoch and serves again', async () => {
  const platform = await start(stack());
  const { watcher } = (await (await platform.fetch('/hello')).json()) as { watcher: number };
  await platform.scaler.process.kill();
  await eventually(
    async () => !alive(watcher) || undefined,
    10_000,
    () => 'the watcher went on',
  );
  await platform.restartScaler();
  expect((await platform.state()).epoch).toBe(2);
  expect((await platform.fetch('/hello')).status).toBe(200);
});

test('SIGTERM ends the scaler with code 0 and leaves no instance', async () => {
  const platform = await start(stack());
  const { watcher } = (await (await platform.fetch('/hello')).json()) as { watcher: number };
  expect(await platform.scaler.process.stop()).toBe(0);
  expect(alive(watcher)).toBe(false);
});

test('an instance drains until every gateway has finished with it, and requests under way are answered', async () => {
  const platform = await start({ ...stack({ concurrency: 1, timeout: '10s' }), gateways: 2 });
  const third = joinAs('g-third');
  await third.hears(({ type }) => type === 'synced');
  const under = platform.fetch('/hello?ms=1500', {}, 1);
  await platform.until(({ functions }) => functions[0]?.readyReplicas === 1);
  await platform.store.remove('Function', 'default', 'hello');
  const drain = await third.hears((message) => message.type === 'instance' && message.instance.state === 'draining');
  const id = drain.type === 'instance' ? drain.instance.id : '';
  expect((await under).status).toBe(200);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await platform.state()).instances.map((instance) => instance.id)).toContain(id);
  third.stream.send({ type: 'drained', instance: id });
  await third.hears((message) => message.type === 'gone' && message.instance === id);
});

test('a gateway that joins gets the picture: welcome, instances, synced', async () => {
  const platform = await start(stack());
  await platform.fetch('/hello');
  const second = joinAs('g-second');
  await second.hears(({ type }) => type === 'synced');
  expect(second.heard.map(({ type }) => type).slice(0, 3)).toEqual(['welcome', 'instance', 'synced']);
  expect(second.heard[0]).toMatchObject({ epoch: 1, gateways: 2 });
  expect(second.heard[1]).toMatchObject({ instance: { function: 'default/hello', state: 'ready', concurrency: 16, generation: 1 } });
});

test('a leader that is older than what the gateway has seen ends the stream', async () => {
  await start({ ...stack(), gateways: 0 });
  const gateway = joinAs('g1', { epoch: 7 });
  await gateway.closed();
  expect(gateway.heard.filter(({ type }) => type !== 'ping')).toEqual([]);
});

test('demand alone brings an instance and its cold-start phases; a refusal names the code', async () => {
  const platform = await start({ ...stack(), gateways: 0 });
  await platform.idle('web', 2);
  const gateway = joinAs('g1');
  gateway.stream.send({ type: 'demand', function: 'default/hello', waiting: 1, inFlight: 0 });
  const message = await gateway.hears(({ type }) => type === 'instance');
  expect(message).toMatchObject({
    instance: { coldStart: { pool: 'default/web', runtime: 'nodejs', allocateMs: expect.any(Number), codeMs: expect.any(Number) } },
  });
  const broken = packageOf({ 'index.js': 'throw new Error("no")' });
  await platform.putPackage(broken);
  await platform.apply(functionObject('broken', broken, web));
  await platform.until(({ functions }) => functions.length === 2);
  gateway.stream.send({ type: 'demand', function: 'default/broken', waiting: 1, inFlight: 0 });
  expect(await gateway.hears(({ type }) => type === 'refused')).toMatchObject({
    function: 'default/broken',
    code: 'LOAD_FAILED',
    retryAfterMs: expect.any(Number),
  });
});

test('an instance that a gateway suspects and that does not answer is replaced', async () => {
  const platform = await start({ ...stack({ scaling: { minReplicas: 1 } }) });
  const { watcher } = (await (await platform.fetch('/hello')).json()) as { watcher: number };
  const id = (await platform.state()).instances.find(({ function: fn }) => fn === 'default/hello')?.id ?? '';
  const gateway = joinAs('g-second');
  await gateway.hears(({ type }) => type === 'synced');
  process.kill(watcher, 'SIGSTOP');
  gateway.stream.send({ type: 'suspect', instance: id, reason: 'silent' });
  await gateway.hears((message) => message.type === 'gone' && message.instance === id);
  await platform.until(({ functions, instances }) => functions[0]?.readyReplicas === 1 && !instances.some((instance) => instance.id === id));
});

test('without the internal token nothing is told but health and metrics', async () => {
  const platform = await start({ ...stack(), gateways: 0 });
  const { url } = platform.scaler;
  for (const [path, method] of [
    [SCALER_PATHS.state, 'GET'],
    [SCALER_PATHS.targets, 'GET'],
    [SCALER_PATHS.alerts, 'POST'],
    [SCALER_PATHS.stream, 'POST'],
  ] as const) {
    const response = await fetch(url + path, { method, headers: { authorization: 'Bearer wrong' } });
    expect([path, response.status, ((await response.json()) as { code: string }).code]).toEqual([path, 401, 'TOKEN_INVALID']);
  }
  expect((await fetch(url + SCALER_PATHS.health)).status).toBe(200);
  expect((await fetch(url + SCALER_PATHS.metrics)).headers.get('content-type')).toContain('text/plain');
  expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
});

test('metrics and targets tell Prometheus what rules need', async () => {
  const platform = await start(stack({ concurrency: 4, scaling: { targetRate: 50, stabilizationWindow: '90s' } }));
  await platform.fetch('/hello');
  await platform.until(({ pools }) => pools[0]?.idle === 2);
  const lines = (await platform.metrics()).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      'function_service_count{function_name="default/hello"} 1',
      'function_target_rate{function_name="default/hello"} 50',
      'function_target_concurrency{function_name="default/hello"} 4',
      'function_memory_limit_bytes{function_name="default/hello"} 268435456',
      'function_stabilization_seconds{function_name="default/hello",window="90s"} 90',
      'fibonacci_pool_instances{namespace="default",pool="web",state="idle"} 2',
      'fibonacci_pool_instances{namespace="default",pool="web",state="leased"} 1',
      'fibonacci_gateways 1',
    ]),
  );
  const targets = (await (
    await fetch(platform.scaler.url + SCALER_PATHS.targets, { headers: { authorization: `Bearer ${platform.internalToken}` } })
  ).json()) as { targets: string[]; labels: Record<string, string> }[];
  expect(targets).toEqual([{ targets: [expect.stringMatching(/^127\.0\.0\.1:\d+$/)], labels: expect.objectContaining({ function_name: 'default/hello' }) }]);
  expect(await (await fetch(`http://${targets[0]?.targets[0]}/metrics`)).text()).toContain('function_name="default/hello"');
});
