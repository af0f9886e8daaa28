import { beforeEach, expect, test } from 'vitest';
import { coldTemplate } from '../../kit/fleet/template.ts';
import { silentLog } from '../../kit/log.ts';
import { sampleContainer } from '../../protocol/schema/sample.ts';
import type { LeaderMessage } from '../../protocol/stream.ts';
import { createFunctionRegistry, type ManagedFunction, type ResolvedRevision } from '../observe/functions.ts';
import { resolveRevision } from '../observe/resolve-revision.ts';
import { FakeFleet } from './fake-fleet.ts';
import { Members } from './members.ts';

let fleet: FakeFleet;
let members: Members;
let fn: ManagedFunction;
let told: LeaderMessage[];
let failures: string[];
let listens: boolean;
let clock: number;

const nobody = () => {
  throw new Error('a container has no watcher, no package and no secret that the scaler reads');
};
const revisionOf = (spec: Parameters<typeof sampleContainer>[2] = {}): ResolvedRevision =>
  resolveRevision(sampleContainer('app', {}, spec), undefined, { pool: nobody, secrets: { value: nobody }, digestSecret: nobody });

beforeEach(() => {
  [fleet, told, failures, listens, clock] = [new FakeFleet(), [], [], true, 1_000_000];
  fn = createFunctionRegistry().put(sampleContainer('app')).fn;
  members = new Members({
    fleet,
    watchers: { specialize: nobody, update: nobody, status: nobody, close: nobody },
    packages: { cached: nobody, get: nobody, roomy: true, verify: nobody },
    gateways: { broadcast: (message) => void told.push(message), live: () => [] },
    log: silentLog,
    now: () => clock,
    listens: async () => listens,
    onChange: () => undefined,
    onServing: () => undefined,
    onLoadFailed: nobody,
    onStartFailed: (_, error) => void failures.push(`${error.code} ${error.message}`),
  });
});

async function start(revision = revisionOf()): Promise<string> {
  const id = fleet.comeUp(coldTemplate(sampleContainer('app')));
  members.start(fn, fleet.claim(id) ?? nobody(), revision);
  await new Promise((resolve) => setImmediate(resolve));
  return id;
}
const announced = () =>
  told.flatMap((message) => (message.type === 'instance' ? [`${message.instance.id} ${message.instance.state} ${message.instance.concurrency}`] : []));

test('it serves as soon as it listens: nothing is loaded, and its Secrets are not read', async () => {
  revisionOf({ secrets: [{ env: 'TOKEN', name: 'keys', key: 'token' }] });
  const id = await start();
  expect(announced()).toEqual([`${id} ready 16`]);
});

test('other limits are told to gateways, and it goes on', async () => {
  const id = await start();
  const member = fn.members.get(id) ?? nobody();
  members.update(fn, member, revisionOf({ concurrency: 4 }));
  await new Promise((resolve) => setImmediate(resolve));
  expect(announced()).toEqual([`${id} ready 16`, `${id} ready 4`]);
});

test.each([
  { what: 'listens, stays', hears: true, left: 1 },
  { what: 'does not listen, is replaced', hears: false, left: 0 },
])('one that gateways had trouble with and that $what', async ({ hears, left }) => {
  const id = await start();
  listens = hears;
  await members.inspect(id);
  expect(fn.members.size).toBe(left);
});

test.each([
  { what: 'soon after it began', livedMs: 9999, told: ['NO_CAPACITY its container ends soon after it listens: killed'] },
  { what: 'after a while', livedMs: 10_000, told: [] },
])('one that ends $what counts as a failed start: $told', async ({ livedMs, told: expected }) => {
  fn.failures = 2;
  const id = await start();
  clock += livedMs;
  fleet.die(id);
  expect(failures).toEqual(expected);
  expect(fn.failures).toBe(expected.length === 0 ? 0 : 2);
});

test('one that was to end is no failure', async () => {
  const id = await start();
  members.drain(fn, fn.members.get(id) ?? nobody());
  fleet.die(id);
  expect(failures).toEqual([]);
});
