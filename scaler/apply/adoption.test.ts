import { beforeEach, expect, test } from 'vitest';
import type { Instance, InstanceTemplate } from '../../kit/fleet/fleet.ts';
import { silentLog } from '../../kit/log.ts';
import { digestOf } from '../../protocol/digest.ts';
import { sampleFunction } from '../../protocol/schema/sample.ts';
import { createFunctionRegistry, type FunctionRegistry, type ManagedFunction } from '../observe/functions.ts';
import { recallRevision } from '../observe/recall-revision.ts';
import { type Adoption, createAdoption } from './adoption.ts';
import { FakeFleet } from './fake-fleet.ts';
import type { WatcherStatus } from './watcher-client.ts';

const TEMPLATE: InstanceTemplate = { key: 'pool:shop/web#1', namespace: 'shop', runtime: 'nodejs', memoryBytes: 1, owner: { kind: 'PodPool', name: 'web' } };
const CONTENT = digestOf('content');

let fleet: FakeFleet;
let functions: FunctionRegistry;
let cart: ManagedFunction;
let adopted: string[];
/** What watchers say; others do not answer. */
let says: Map<string, WatcherStatus>;
let asked: number;
let atOnce: number;
let most: number;
let adoption: Adoption;

const serving = (uid: string): WatcherStatus => ({ state: 'ready', function: { uid }, content: CONTENT, generation: 4, lastError: null });
const waiting: WatcherStatus = { state: 'idle', function: null, content: null, lastError: null };
const states = () => Object.fromEntries(fleet.list().map(({ id, state }) => [id, state]));

function assign(id: string, uid: string): void {
  const instance = fleet.instances.get(id) as { -readonly [K in keyof Instance]: Instance[K] };
  instance.state = 'leased';
  instance.assignment = { function: { namespace: 'shop', name: 'cart', uid }, revision: { name: 'cart-00004', uid: 'r' }, content: CONTENT };
}

beforeEach(() => {
  fleet = new FakeFleet();
  functions = createFunctionRegistry();
  const sample = sampleFunction('cart', { deployment: { type: 'hot', pool: 'web' } }, 'shop');
  cart = functions.put({ ...sample, metadata: { ...sample.metadata, uid: 'cart' } }).fn;
  [adopted, says, asked, atOnce, most] = [[], new Map(), 0, 0, 0];
  adoption = createAdoption({
    fleet,
    functions,
    log: silentLog,
    watchers: {
      async status({ id }) {
        asked++;
        most = Math.max(most, ++atOnce);
        await new Promise((resolve) => setImmediate(resolve));
        atOnce--;
        const status = says.get(id);
        if (!status) throw new Error('no answer');
        return status;
      },
    },
    members: {
      has: (id) => adopted.some((each) => each.startsWith(`${id} `)),
      adopt: (fn, { id }, { name, content }) => void adopted.push(`${id} ${fn.name} ${name} ${content === CONTENT}`),
    },
    revisionOf: (fn, instance, content, generation) =>
      recallRevision(fn, instance, { content, generation }, { recorded: () => undefined }, { secrets: { value: () => '' }, digestSecret: (value) => value })
        .revision,
  });
});

test('what serves is adopted as it is, what waits goes on waiting, and what serves a function that is gone is ended', async () => {
  for (let count = 0; count < 4; count++) fleet.comeUp(TEMPLATE);
  assign('i1', 'cart');
  assign('i2', 'gone');
  says = new Map([
    ['i1', serving('cart')],
    ['i2', serving('gone')],
    ['i3', waiting],
    ['i4', serving('cart')],
  ]);
  await adoption.all();
  expect(adopted.toSorted()).toEqual(['i1 shop/cart cart-00004 true', 'i4 shop/cart cart-00004 true']);
  expect(states()).toEqual({ i1: 'leased', i3: 'idle', i4: 'leased' });
});

test('nothing that may have been given a function is leased again', async () => {
  fleet.comeUp(TEMPLATE);
  await adoption.all();
  expect(states()).toEqual({});
});

test('what was adopted is not wanted away: the function has as many replicas', async () => {
  fleet.comeUp(TEMPLATE);
  fleet.comeUp(TEMPLATE);
  for (const id of ['i1', 'i2']) says.set(id, serving('cart'));
  const members = new Map<string, never>();
  Object.assign(cart, { members });
  adoption = createAdoption({
    fleet,
    functions,
    log: silentLog,
    watchers: { status: async ({ id }) => says.get(id) as WatcherStatus },
    members: { has: () => false, adopt: (_fn, { id }) => void members.set(id, undefined as never) },
    revisionOf: () => ({}) as never,
  });
  await adoption.all();
  expect(cart.replicas).toBe(2);
});

test('many are asked side by side, but not all at once', async () => {
  for (let count = 1; count <= 300; count++) says.set(fleet.comeUp(TEMPLATE), waiting);
  await adoption.all();
  expect(asked).toBe(300);
  expect(most).toBeGreaterThan(30);
  expect(most).toBeLessThan(100);
});

test('an instance that only a gateway knows is looked at when the gateway tells of it', async () => {
  fleet.comeUp(TEMPLATE);
  fleet.comeUp(TEMPLATE);
  await adoption.replayed([
    { id: 'i1', uid: 'cart', content: CONTENT },
    { id: 'not-there', uid: 'cart', content: CONTENT },
  ]);
  expect(adopted).toEqual(['i1 shop/cart cart-00001 true']);
  expect(states()).toEqual({ i1: 'leased', i2: 'idle' });
});
