import { beforeEach, expect, test } from 'vitest';
import type { InstanceTemplate } from '../../kit/fleet/fleet.ts';
import { silentLog } from '../../kit/log.ts';
import { PlatformError } from '../../protocol/errors.ts';
import { API_VERSION } from '../../protocol/names.ts';
import type { FunctionResource, PodPoolResource } from '../../protocol/schema/resources.ts';
import type { LeaderMessage } from '../../protocol/stream.ts';
import type { RulesView } from '../decide/verdict.ts';
import { createDemandBook, type DemandBook } from '../observe/demand-book.ts';
import { createFunctionRegistry, type FunctionRegistry, type ManagedFunction } from '../observe/functions.ts';
import { resolveRevision } from '../observe/resolve-revision.ts';
import { type Capacity, createCapacity } from './capacity.ts';
import { FakeFleet } from './fake-fleet.ts';

const TIMINGS = { codeMs: 1, dependenciesMs: 0, initMs: 1 };
let fleet: FakeFleet;
let book: DemandBook;
let functions: FunctionRegistry;
let capacity: Capacity;
let told: LeaderMessage[];
let orders: string[];
let recorded: string[];
let rules: RulesView | undefined;
let clock: number;
/** What specialization and update do; may be set by a test. */
let load: (order: string) => Promise<typeof TIMINGS>;
let generation: number;

beforeEach(() => {
  [told, orders, recorded, rules, clock, generation] = [[], [], [], undefined, 1_000_000, 0];
  load = async () => TIMINGS;
  fleet = new FakeFleet();
  book = createDemandBook();
  functions = createFunctionRegistry();
  const order = (act: string) => (target: { id: string }, fn: ManagedFunction) => {
    orders.push(`${act} ${target.id} ${fn.name}`);
    return load(`${act} ${target.id}`);
  };
  capacity = createCapacity({
    fleet,
    book,
    demand: 'on',
    log: silentLog,
    now: () => clock,
    listens: async () => true,
    rules: () => rules,
    onChanged: (fn) => functions.sweep(fn),
    onServing: (fn, member) => void recorded.push(`${member.id} ${fn.name} ${member.revision.name}`),
    connected: () => fleet.connected,
    gateways: { broadcast: (message) => void told.push(message), live: () => book.liveGateways() },
    packages: { cached: () => new Uint8Array(), get: async () => new Uint8Array(), roomy: true, verify: async () => undefined },
    watchers: {
      specialize: order('specialize'),
      update: order('update'),
      status: async () => ({ state: 'ready', function: null, content: null, lastError: null }),
      close: async () => undefined,
    },
  });
  capacity.open();
  book.connected('g1', [], clock);
});

function pool(spec: Partial<PodPoolResource['spec']> = {}): void {
  capacity.allocator.putPool({
    apiVersion: API_VERSION,
    kind: 'PodPool',
    metadata: { namespace: 'shop', name: 'web' },
    spec: { runtime: 'nodejs', min: 2, max: 10, memory: '256Mi', ...spec },
  });
}

/** Declares a function, or changes it. */
function put(name: string, spec: Partial<FunctionResource['spec']> = {}): ManagedFunction {
  const resource: FunctionResource = {
    apiVersion: API_VERSION,
    kind: 'Function',
    metadata: { namespace: 'shop', name, uid: `uid-${name}`, generation: ++generation },
    spec: {
      runtime: 'nodejs',
      handler: 'index.handler',
      signature: 'event',
      mode: 'thread',
      package: { digest: `sha256:${'a'.repeat(64)}`, size: 1 },
      env: {},
      secrets: [],
      timeout: '30s',
      activationTimeout: '30s',
      concurrency: 1,
      queueLimit: 1000,
      bodyLimit: '10Mi',
      retry: 'idempotent',
      access: 'internal',
      deployment: { type: 'hot', pool: 'web' },
      scaling: { minReplicas: 0, maxReplicas: 10, idleTimeout: '60s', stabilizationWindow: '60s' },
      ...spec,
    },
  };
  const { fn } = functions.put(resource);
  const newest = fn.latest && { number: fn.latest.generation, template: fn.latest.template, content: fn.latest.content };
  fn.latest = resolveRevision(resource, newest, { pool: capacity.allocator.pool, secrets: { value: () => '' }, digestSecret: (value) => value });
  capacity.reconcile(fn);
  return fn;
}

function demand(name: string, waiting: number, inFlight = 0): void {
  book.report('g1', `shop/${name}`, { waiting, inFlight }, clock);
  capacity.reconcile(functions.byName(`shop/${name}`) as ManagedFunction, true);
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const said = <T extends LeaderMessage['type']>(type: T) => told.filter((message): message is Extract<LeaderMessage, { type: T }> => message.type === type);
const template = () =>
  [...fleet.kept.keys()].map((key) => ({
    key,
    namespace: 'shop',
    runtime: 'nodejs' as const,
    memoryBytes: 256 * 1024 ** 2,
    owner: { kind: 'PodPool' as const, name: 'web' },
  }))[0] as InstanceTemplate;

test('a lease is in the same turn as the demand, and nothing is written before the order is out', () => {
  pool();
  put('cart');
  fleet.comeUp(template());
  demand('cart', 1);
  expect(orders).toEqual(['specialize i1 shop/cart']);
});

test('with no idle instance the function gets the next one that comes up', async () => {
  pool();
  put('cart');
  demand('cart', 1);
  expect(orders).toEqual([]);
  expect(said('phase')).toEqual([{ type: 'phase', function: 'shop/cart', phase: 'allocate' }]);
  fleet.comeUp(template());
  await settle();
  expect(said('instance')).toMatchObject([{ instance: { id: 'i1', function: 'shop/cart', state: 'ready' } }]);
});

test('functions that wait are served in turn, however many instances one wants', () => {
  pool();
  put('greedy');
  put('modest');
  demand('greedy', 5);
  demand('modest', 1);
  for (let count = 0; count < 3; count++) fleet.comeUp(template());
  expect(orders).toEqual(['specialize i1 shop/greedy', 'specialize i2 shop/modest', 'specialize i3 shop/greedy']);
});

test('a pool starts what is waited for, up to its maximum', () => {
  pool({ min: 1, max: 4 });
  put('cart');
  demand('cart', 9);
  expect(fleet.kept.get(template().key)).toBe(4);
});

test('an instance that dies while it loads is replaced by another', async () => {
  pool();
  put('cart');
  fleet.comeUp(template());
  fleet.comeUp(template());
  load = (order) => (order.endsWith('i1') ? Promise.reject(new PlatformError('UPSTREAM_FAILED', 'gone')) : Promise.resolve(TIMINGS));
  demand('cart', 1);
  await settle();
  await settle();
  expect(orders).toEqual(['specialize i1 shop/cart', 'specialize i2 shop/cart']);
  expect(said('instance').map(({ instance }) => instance.id)).toEqual(['i2']);
  expect(said('refused')).toEqual([]);
});

test('content that does not load is refused at once, and tried again only by a request after the back-off', async () => {
  pool();
  put('cart');
  load = () => Promise.reject(new PlatformError('LOAD_FAILED', 'index.js:3: no'));
  for (let count = 0; count < 4; count++) fleet.comeUp(template());
  demand('cart', 1);
  await settle();
  await settle();
  expect(said('refused')[0]).toMatchObject({ code: 'LOAD_FAILED', message: 'index.js:3: no', retryAfterMs: 1000 });
  demand('cart', 1);
  await settle();
  expect(orders).toHaveLength(1);
  book.report('g1', 'shop/cart', { waiting: 0, inFlight: 0 }, clock);
  clock += 1001;
  for (const fn of functions.all()) capacity.reconcile(fn);
  await settle();
  expect(orders).toHaveLength(1);
  demand('cart', 1);
  await settle();
  await settle();
  expect(orders).toHaveLength(2);
  expect(said('refused').at(-1)).toMatchObject({ retryAfterMs: 2000 });
});

test('an instance whose update fails keeps what it has, and the next ones get that too', async () => {
  pool();
  put('cart', { scaling: { minReplicas: 1, maxReplicas: 10, idleTimeout: '60s', stabilizationWindow: '60s' } });
  fleet.comeUp(template());
  await settle();
  const before = said('instance').at(-1)?.instance.content;
  load = (order) => (order.startsWith('update') ? Promise.reject(new PlatformError('LOAD_FAILED', 'no')) : Promise.resolve(TIMINGS));
  put('cart', { env: { BROKEN: '1' }, scaling: { minReplicas: 2, maxReplicas: 10, idleTimeout: '60s', stabilizationWindow: '60s' } });
  await settle();
  await settle();
  fleet.comeUp(template());
  await settle();
  await settle();
  expect(said('instance').map(({ instance }) => [instance.id, instance.content === before])).toContainEqual(['i2', true]);
  expect(orders.filter((order) => order.startsWith('update i1'))).toHaveLength(1);
});

test('an instance that alone refuses an update is replaced', async () => {
  pool();
  const scaling = { minReplicas: 2, maxReplicas: 10, idleTimeout: '60s', stabilizationWindow: '60s' };
  put('cart', { scaling });
  fleet.comeUp(template());
  fleet.comeUp(template());
  await settle();
  load = (order) => (order === 'update i2' ? Promise.reject(new PlatformError('LOAD_FAILED', 'only here')) : Promise.resolve(TIMINGS));
  const fn = put('cart', { env: { NEW: '1' }, scaling });
  for (let turn = 0; turn < 4; turn++) await settle();
  fleet.comeUp(template());
  for (let turn = 0; turn < 4; turn++) await settle();
  expect([...fn.members.values()].map(({ id, state }) => [id, state])).toEqual([
    ['i1', 'ready'],
    ['i2', 'draining'],
    ['i3', 'ready'],
  ]);
});

test('rules scale both ways, a silence holds, and neither goes beyond the bounds', async () => {
  pool({ min: 10 });
  const fn = put('cart');
  for (let count = 0; count < 10; count++) fleet.comeUp(template());
  const verdict = (kind: 'out' | 'in', replicas: number, frozen: string[] = []) => {
    rules = { verdicts: new Map([['shop/cart', { kind, replicas }]]), frozen: new Set(frozen) };
    capacity.reconcile(fn);
    return fn.replicas;
  };
  expect(verdict('out', 4)).toBe(4);
  expect(verdict('out', 9, ['shop/cart'])).toBe(4);
  expect(verdict('out', 99)).toBe(10);
  await settle();
  expect(verdict('in', 3)).toBe(3);
  expect([...fn.members.values()].filter(({ state }) => state === 'draining')).toHaveLength(7);
});

test('a runtime that is off is refused by its name', () => {
  pool();
  fleet.missing.set('nodejs', 'Node.js is not installed');
  put('cart');
  demand('cart', 1);
  expect(said('refused')).toMatchObject([{ code: 'RUNTIME_UNAVAILABLE', message: 'Node.js is not installed' }]);
});

test('an instance that leaves is drained at once, and another takes its place', async () => {
  pool();
  put('cart');
  fleet.comeUp(template());
  fleet.comeUp(template());
  demand('cart', 1);
  await settle();
  fleet.leave('i1');
  await settle();
  expect(said('instance').map(({ instance }) => `${instance.id} ${instance.state}`)).toEqual(['i1 ready', 'i1 draining', 'i2 ready']);
});

test('what an instance serves is recorded after it serves, and again after each update', async () => {
  pool();
  put('cart');
  fleet.comeUp(template());
  load = () => Promise.resolve(TIMINGS).finally(() => expect(recorded).toHaveLength(orders.length - 1));
  demand('cart', 1);
  await settle();
  put('cart', { env: { GREETING: 'hello' } });
  await settle();
  expect(recorded).toEqual(['i1 shop/cart cart-00001', 'i1 shop/cart cart-00002']);
});

test('while the cluster cannot be seen, an idle function keeps its instance, and loses it afterwards', async () => {
  pool();
  const fn = put('cart');
  fleet.comeUp(template());
  demand('cart', 1);
  await settle();
  demand('cart', 0);
  book.idle('g1', 'shop/cart', clock);
  clock += 600_000;
  fleet.connected = false;
  capacity.reconcile(fn);
  expect(said('instance').at(-1)).toMatchObject({ instance: { state: 'ready' } });
  fleet.connected = true;
  capacity.reconcile(fn);
  expect(said('instance').at(-1)).toMatchObject({ instance: { state: 'draining' } });
});
