import { afterEach, expect, test } from 'vitest';
import {
  eventually,
  functionObject,
  httpTrigger,
  packageOf,
  type Platform,
  type PlatformOptions,
  podPool,
  type ScalerState,
  startPlatform,
} from './platform.ts';

let platform: Platform | undefined;
afterEach(async () => {
  await platform?.close();
  platform = undefined;
});
const start = async (options: PlatformOptions) => (platform = await startPlatform(options));

const version = (text: string) =>
  packageOf({ 'index.js': `export const handler = () => ({ text: ${JSON.stringify(text)}, watcher: process.ppid, key: process.env.KEY ?? null });` });
const one = version('one');
const two = version('two');
const broken = packageOf({ 'index.js': 'export const fine = 1;\nexport const handler = () => {\n  return {;\n};\n' });
const web = { deployment: { type: 'hot' as const, pool: 'web' } };
const key = { secrets: [{ env: 'KEY', name: 'api-keys', key: 'main' }] };

const get = async (path: string) => {
  const response = await (platform as Platform).fetch(path);
  return { status: response.status, body: (await response.json()) as { text?: string; watcher?: number; key?: string; code?: string; message?: string } };
};
const text = async (path: string) => (await get(path)).body.text;

/** Calls without a break until `done`; every status it saw. */
async function hammer(path: string, done: Promise<unknown>): Promise<Set<number>> {
  const statuses = new Set<number>();
  let running = true;
  void done.finally(() => (running = false));
  while (running) statuses.add((await get(path)).status);
  return statuses;
}

test('new code reaches all running instances with no request lost and no instance started', async () => {
  const platform = await start({
    packages: [one, two],
    objects: [podPool('web', { min: 3 }), functionObject('app', one, { ...web, concurrency: 1, scaling: { minReplicas: 2 } }), httpTrigger('app')],
  });
  await platform.until(({ functions }) => functions[0]?.readyReplicas === 2);
  const before = await get('/app');
  const ids = (state: ScalerState) => state.instances.filter(({ function: fn }) => fn === 'default/app').map(({ id }) => id);
  const serving = ids(await platform.state());
  const changed = (async () => {
    await new Promise((resolve) => setTimeout(resolve, 200));
    await platform.apply(functionObject('app', two, { ...web, concurrency: 1, scaling: { minReplicas: 2 } }));
    await eventually(
      async () => (await text('/app')) === 'two' || undefined,
      5000,
      () => 'the new code never answered',
    );
  })();
  const statuses = await hammer('/app', changed);
  expect([...statuses]).toEqual([200]);
  const state = await platform.until(({ instances }) => instances.filter(({ revision }) => revision === 'app-00002').length === 2);
  expect(state.functions[0]).toMatchObject({ revision: 'app-00002', serving: 'app-00002' });
  expect(ids(state)).toEqual(expect.arrayContaining(serving));
  expect([before.body.text, await text('/app'), await text('/app')]).toEqual(['one', 'two', 'two']);
});

test('code that does not load leaves the old one serving, says file and line, and the next save repairs it', async () => {
  const platform = await start({ packages: [one, two, broken], objects: [podPool('web', { min: 2 }), functionObject('app', one, web), httpTrigger('app')] });
  expect(await text('/app')).toBe('one');
  await platform.apply(functionObject('app', broken, web));
  const status = await eventually(
    async () => {
      const found = (await platform.fn('app'))?.status;
      return found?.conditions?.[0]?.status === 'False' ? found : undefined;
    },
    10_000,
    () => 'the status never told',
  );
  expect(status.conditions?.[0]).toMatchObject({ type: 'Ready', reason: 'LoadFailed' });
  expect(status.lastError?.message).toContain('index.js:3');
  expect(await text('/app')).toBe('one');
  await platform.apply(functionObject('app', two, web));
  await eventually(
    async () => (await text('/app')) === 'two' || undefined,
    10_000,
    () => 'the repaired code never answered',
  );
  await eventually(
    async () => ((await platform.fn('app'))?.status?.conditions?.[0]?.status === 'True' ? true : undefined),
    10_000,
    () => 'it never became ready again',
  );
});

test('a new instance gets the code that works while the newest does not', async () => {
  const scaling = { minReplicas: 1 };
  const platform = await start({
    packages: [one, broken],
    objects: [podPool('web', { min: 2 }), functionObject('app', one, { ...web, scaling }), httpTrigger('app')],
  });
  const { watcher = 0 } = (await get('/app')).body;
  await platform.apply(functionObject('app', broken, { ...web, scaling }));
  await platform.until(({ functions }) => functions[0]?.problem?.code === 'LOAD_FAILED');
  process.kill(watcher, 'SIGKILL');
  await platform.until(({ functions, instances }) => functions[0]?.readyReplicas === 1 && instances.length >= 2);
  expect(await get('/app')).toMatchObject({ status: 200, body: { text: 'one' } });
});

test('code that never loaded answers 502 with file and line, is not tried again and again, and works as soon as it is repaired', async () => {
  const platform = await start({ packages: [one, broken], objects: [podPool('web', { min: 1 }), functionObject('app', broken, web), httpTrigger('app')] });
  await platform.idle('web', 1);
  expect(await get('/app')).toMatchObject({ status: 502, body: { code: 'LOAD_FAILED', message: expect.stringContaining('index.js:3') } });
  expect(await get('/app')).toMatchObject({ status: 502, body: { code: 'LOAD_FAILED' } });
  const tries = () => platform.scaler.process.lines.filter(({ msg }) => msg === 'instance could not take its function').length;
  expect(tries()).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(tries()).toBe(1);
  await platform.apply(functionObject('app', one, web));
  await eventually(
    async () => ((await get('/app')).status === 200 ? true : undefined),
    10_000,
    () => 'it was never repaired',
  );
});

test('a changed memory limit brings new instances beside the old, and no request is lost', async () => {
  const cold = (memory: string) => functionObject('app', one, { deployment: { type: 'cold', memory }, scaling: { minReplicas: 1 } });
  const platform = await start({ packages: [one], objects: [cold('256Mi'), httpTrigger('app')] });
  const before = await get('/app');
  await platform.apply(cold('300Mi'));
  const replaced = platform.until(
    ({ functions, instances }) => functions[0]?.revision === 'app-00002' && instances.length === 1 && instances[0]?.revision === 'app-00002',
  );
  expect([...(await hammer('/app', replaced))]).toEqual([200]);
  expect((await get('/app')).body.watcher).not.toBe(before.body.watcher);
});

test('a missing secret is named, one that appears works, and a changed value reaches the running instance', async () => {
  const platform = await start({ packages: [one], objects: [podPool('web'), functionObject('app', one, { ...web, ...key }), httpTrigger('app')] });
  expect(await get('/app')).toMatchObject({ body: { code: 'SECRET_MISSING', message: expect.stringContaining('API_KEYS__MAIN=') } });
  await platform.setSecrets('API_KEYS__MAIN=first\n');
  await eventually(
    async () => ((await get('/app')).body.key === 'first' ? true : undefined),
    10_000,
    () => 'the secret never came',
  );
  const { watcher } = (await get('/app')).body;
  await platform.setSecrets('API_KEYS__MAIN=second\n');
  await eventually(
    async () => ((await get('/app')).body.key === 'second' ? true : undefined),
    10_000,
    () => 'the new value never came',
  );
  expect((await get('/app')).body.watcher).toBe(watcher);
  const objects = JSON.stringify([await platform.store.list('Revision'), await platform.store.list('Function'), platform.scaler.process.lines]);
  expect(objects).not.toMatch(/"first"|"second"/);
});

test('revisions are kept as a history of ten, also over a restart of the scaler', async () => {
  const env = (n: number) => functionObject('app', one, { ...web, env: { N: String(n) } });
  const platform = await start({ packages: [one], objects: [podPool('web'), env(0)] });
  for (let n = 1; n <= 11; n++) {
    await platform.apply(env(n));
    await platform.until(({ functions }) => functions[0]?.revision === `app-${String(n + 1).padStart(5, '0')}`);
  }
  const names = async () => (await platform.store.list('Revision')).map(({ metadata }) => metadata.name).sort();
  const expected = Array.from({ length: 10 }, (_, index) => `app-${String(index + 3).padStart(5, '0')}`);
  await eventually(
    async () => ((await names()).length === 10 && (await names()).at(-1) === 'app-00012' ? true : undefined),
    10_000,
    () => 'the history does not fit',
  );
  expect(await names()).toEqual(expected);
  await platform.scaler.process.kill();
  await platform.restartScaler();
  expect((await platform.state()).functions[0]).toMatchObject({ revision: 'app-00012' });
  expect(await names()).toEqual(expected);
});
