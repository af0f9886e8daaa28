import { afterEach, expect, test } from 'vitest';
import { eventually, functionObject, httpTrigger, packageOf, type Platform, type PlatformOptions, podPool, startPlatform, timerTrigger } from './platform.ts';

let platform: Platform | undefined;
afterEach(async () => {
  await platform?.close();
  platform = undefined;
});
const start = async (options: PlatformOptions) => (platform = await startPlatform(options));

/** Keeps the events it got, and fails the first attempt of each where it is told to. */
const diary = packageOf({
  'index.js': `
    const seen = [];
    export const handler = (event) => {
      if (event.type === 'http') return seen;
      seen.push({ id: event.id, type: event.type, source: event.source, data: event.data ?? null });
      if (process.env.FAIL_FIRST && seen.filter(({ id }) => id === event.id).length === 1) throw new Error('not yet');
    };`,
});
const web = { deployment: { type: 'hot' as const, pool: 'web' }, scaling: { minReplicas: 1, maxReplicas: 1 } };
const objects = (fn: Parameters<typeof functionObject>[2] = {}) => [podPool('web'), functionObject('diary', diary, { ...web, ...fn }), httpTrigger('diary')];
interface Seen {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly data: unknown;
}
const seen = async () => (await (await (platform as Platform).fetch('/diary')).json()) as Seen[];
const until = async (fits: (events: Seen[]) => boolean) =>
  eventually(
    async () => {
      const events = await seen();
      return fits(events) ? events : undefined;
    },
    20_000,
    () => 'the ticks did not come',
  );

test('each tick comes once as a CloudEvent with its trigger and scheduled time as id, and the last is remembered', async () => {
  const platform = await start({ packages: [diary], objects: [...objects(), timerTrigger('diary', { data: '{"from":"timer"}' })] });
  const events = await until((events) => events.length >= 3);
  const ids = events.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const times = ids.map((id) => Date.parse(/^diary-timer\/(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)$/.exec(id)?.[1] ?? ''));
  expect(times.slice(1).map((time, index) => time - (times[index] ?? 0))).toEqual(times.slice(1).map(() => 1000));
  expect(events[0]).toMatchObject({ type: 'dev.fibonacci.timer.tick', source: '/namespaces/default/triggers/diary-timer', data: { from: 'timer' } });
  const lastTick = await eventually(
    async () => (await platform.store.get('Trigger', 'default', 'diary-timer'))?.status?.lastTick,
    5000,
    () => 'no tick was remembered',
  );
  expect(ids.some((id) => id.endsWith(lastTick)) || Date.parse(lastTick) > Math.max(...times)).toBe(true);
});

test('a tick that fails comes again under the same id', async () => {
  await start({ packages: [diary], objects: [...objects({ env: { FAIL_FIRST: '1' } }), timerTrigger('diary', { schedule: '*/4 * * * * *' })] });
  // The first may come while the function starts, and then the next one is due before it can be tried again.
  const again = (events: Seen[]) => events.filter(({ id }, index) => events.findIndex((event) => event.id === id) < index);
  const events = await until((events) => again(events).length > 0);
  expect(again(events).length).toBeLessThanOrEqual(new Set(events.map(({ id }) => id)).size);
});

test('the newest of the ticks that were missed while no scaler ran is made up for, once', async () => {
  const platform = await start({ packages: [diary], objects: objects() });
  await platform.store.apply(timerTrigger('diary', { schedule: '0 0 0 1 1 *', missed: 'once' }));
  await platform.store.applyStatus('Trigger', 'default', 'diary-timer', { lastTick: '2020-06-01T00:00:00Z' });
  await platform.scaler.process.kill();
  await platform.restartScaler();
  const events = await until((events) => events.length > 0);
  expect(events.map(({ id }) => id)).toEqual([`diary-timer/${new Date().getUTCFullYear()}-01-01T00:00:00Z`]);
});

test('triggers are judged: a lost route, an unknown function and a bad schedule say why', async () => {
  const rival = { ...httpTrigger('diary'), metadata: { namespace: 'default', name: 'rival' } };
  const lost = { ...httpTrigger('lost'), metadata: { namespace: 'default', name: 'lost' } };
  const platform = await start({ packages: [diary], objects: objects() });
  await platform.apply(rival, lost, timerTrigger('diary', { schedule: '99 * * * *' }));
  const reasonOf = (name: string) =>
    eventually(
      async () => (await platform.store.get('Trigger', 'default', name))?.status?.conditions?.[0]?.reason,
      10_000,
      () => `${name} was not judged`,
    );
  expect(await reasonOf('diary-http')).toBe('Accepted');
  expect(await reasonOf('rival')).toBe('RouteConflict');
  expect(await reasonOf('lost')).toBe('FunctionNotFound');
  expect(await reasonOf('diary-timer')).toBe('InvalidSchedule');
});
