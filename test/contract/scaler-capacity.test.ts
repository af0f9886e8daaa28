import { afterEach, expect, test } from 'vitest';
import { eventually, functionObject, httpTrigger, packageOf, type Platform, type PlatformOptions, podPool, startPlatform } from './platform.ts';

let platform: Platform | undefined;
afterEach(async () => {
  await platform?.close();
  platform = undefined;
});
const start = async (options: PlatformOptions) => (platform = await startPlatform(options));

const hello = packageOf({ 'index.js': 'export const handler = () => ({ pid: process.pid, watcher: process.ppid, text: process.env.TEXT ?? "hello" });' });
const slow = packageOf({ 'index.js': 'export const handler = () => new Promise((resolve) => setTimeout(resolve, 400, { pid: process.pid }));' });
const web = { deployment: { type: 'hot' as const, pool: 'web' } };
const get = async (path: string) => {
  const response = await (platform as Platform).fetch(path);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

test('a request to a hot function takes an idle instance of its pool, and the pool refills', async () => {
  const platform = await start({ packages: [hello], objects: [podPool('web', { min: 2 }), functionObject('hello', hello, web), httpTrigger('hello')] });
  await platform.idle('web', 2);
  expect(await get('/hello')).toMatchObject({ status: 200, body: { text: 'hello' } });
  const state = await platform.until(({ pools }) => pools[0]?.idle === 2 && pools[0].leased === 1);
  expect(state.functions).toEqual([expect.objectContaining({ name: 'default/hello', replicas: 1, readyReplicas: 1, revision: 'hello-00001' })]);
});

test('a request to a cold function starts an instance of its own', async () => {
  const platform = await start({ packages: [hello], objects: [functionObject('hello', hello), httpTrigger('hello')] });
  expect((await platform.state()).instances).toEqual([]);
  expect(await get('/hello')).toMatchObject({ status: 200 });
  expect((await platform.state()).instances).toEqual([
    expect.objectContaining({ function: 'default/hello', state: 'ready', template: expect.stringMatching(/^cold:default\/hello#/) }),
  ]);
});

test('requests beyond the concurrency get more instances, up to the maximum', async () => {
  const fn = functionObject('slow', slow, { ...web, concurrency: 1, scaling: { maxReplicas: 3 } });
  const platform = await start({ packages: [slow], objects: [podPool('web', { min: 4 }), fn, httpTrigger('slow')] });
  await platform.idle('web', 4);
  const answers = await Promise.all(Array.from({ length: 6 }, () => get('/slow')));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200]);
  expect(new Set(answers.map(({ body }) => body['pid'])).size).toBe(3);
});

test('with demand off the first request brings one instance and no more', async () => {
  const fn = functionObject('slow', slow, { ...web, concurrency: 1 });
  const platform = await start({ packages: [slow], objects: [podPool('web', { min: 2 }), fn, httpTrigger('slow')], scaler: { demand: 'off' } });
  await platform.idle('web', 2);
  const answers = await Promise.all([get('/slow'), get('/slow'), get('/slow')]);
  expect(new Set(answers.map(({ body }) => body['pid'])).size).toBe(1);
});

test('a pool whose instances are all taken refuses with the way out, and serves again once there is room', async () => {
  const objects = [
    podPool('web', { min: 1, max: 1 }),
    functionObject('first', hello, web),
    httpTrigger('first'),
    functionObject('second', hello, web),
    httpTrigger('second'),
  ];
  const platform = await start({ packages: [hello], objects });
  await platform.idle('web', 1);
  expect((await get('/first')).status).toBe(200);
  expect(await get('/second')).toMatchObject({ status: 503, body: { code: 'NO_CAPACITY', message: expect.stringContaining('max 1') } });
  await platform.apply(podPool('web', { min: 1, max: 2 }));
  await platform.until(({ functions }) => functions.every(({ readyReplicas }) => readyReplicas === 1));
  expect((await get('/second')).status).toBe(200);
});

test('a runtime that is not here is refused, and shown in the status', async () => {
  await start({ packages: [hello], objects: [functionObject('snake', hello, { runtime: 'python' }), httpTrigger('snake')], scaler: { python: '' } });
  expect(await get('/snake')).toMatchObject({ status: 503, body: { code: 'RUNTIME_UNAVAILABLE', message: expect.stringContaining('Python') } });
});

test('a function whose pool does not exist says so, and works once it does', async () => {
  const platform = await start({ packages: [hello], objects: [functionObject('hello', hello, web), httpTrigger('hello')] });
  expect(await get('/hello')).toMatchObject({ status: 503, body: { code: 'NO_CAPACITY', message: expect.stringContaining('"web"') } });
  await platform.apply(podPool('web'));
  await platform.idle('web', 1);
  expect((await get('/hello')).status).toBe(200);
});

test('the minimum is held: an instance that dies is replaced without a request', async () => {
  const platform = await start({
    packages: [hello],
    objects: [podPool('web'), functionObject('hello', hello, { ...web, scaling: { minReplicas: 2 } }), httpTrigger('hello')],
  });
  const { instances } = await platform.until(({ functions }) => functions[0]?.readyReplicas === 2);
  const victim = instances.find((instance) => instance.function === 'default/hello');
  const { watcher } = (await (await fetch(`http://${victim?.dataAddress}/`)).json()) as { watcher: number };
  process.kill(watcher, 'SIGKILL');
  await platform.until((state) => state.functions[0]?.readyReplicas === 2 && !state.instances.some(({ id }) => id === victim?.id));
});

test('an idle function goes to zero, and its instance is never used again', async () => {
  const platform = await start({
    packages: [hello],
    objects: [podPool('web'), functionObject('hello', hello, { ...web, scaling: { idleTimeout: '1s' } }), httpTrigger('hello')],
    gateways: 2,
  });
  await platform.idle('web', 1);
  await get('/hello');
  const before = await platform.until(({ functions }) => functions[0]?.readyReplicas === 1);
  const used = before.instances.find(({ function: fn }) => fn === 'default/hello')?.id;
  await platform.until(({ functions, instances }) => functions[0]?.replicas === 0 && !instances.some(({ id }) => id === used));
  expect((await get('/hello')).status).toBe(200);
});

test('a deleted function loses its instances', async () => {
  const platform = await start({ packages: [hello], objects: [functionObject('hello', hello), httpTrigger('hello')] });
  await get('/hello');
  await platform.store.remove('Function', 'default', 'hello');
  await platform.until(({ functions, instances }) => functions.length === 0 && instances.length === 0);
  await eventually(
    async () => ((await platform.store.list('Revision')).length === 0 ? true : undefined),
    5000,
    () => 'its revisions stay',
  );
});
