import { expect, test } from 'vitest';
import { silentLog } from '../../kit/log.ts';
import type { Store, StoreWatch } from '../../kit/store/store.ts';
import { API_VERSION } from '../../protocol/names.ts';
import type { AnyResource, KindName } from '../../protocol/schema/resources.ts';
import { createRouteIndex } from '../routes/route-index.ts';
import type { FunctionEntry } from './function-entry.ts';
import { createFunctionTable } from './function-table.ts';

const meta = (name: string) => ({ namespace: 'demo', name, uid: `uid-${name}`, creationTimestamp: '2026-01-01T00:00:00Z' });
const spec = {
  timeout: '2s',
  activationTimeout: '3s',
  queueLimit: 7,
  bodyLimit: '64Ki',
  retry: 'safe',
  scaling: { targetRate: 50 },
};
const fn = (name: string) => ({ apiVersion: API_VERSION, kind: 'Function', metadata: meta(name), spec }) as unknown as AnyResource;
const trigger = (name: string, target: string) =>
  ({
    apiVersion: API_VERSION,
    kind: 'Trigger',
    metadata: meta(name),
    spec: { function: target, http: { path: `/${name}`, match: 'prefix', methods: [] } },
  }) as AnyResource;

/** Watches as a store gives them, driven by hand. */
async function setUp() {
  const watches = new Map<KindName, StoreWatch<KindName>>();
  const store = {
    async watch(kind: KindName, watch: StoreWatch<KindName>) {
      watches.set(kind, watch);
      watch.onSync([]);
      return { close: async () => {} };
    },
  } as unknown as Store;
  const routes = createRouteIndex<FunctionEntry>();
  const changed: string[] = [];
  const table = await createFunctionTable({ store, routes, log: silentLog, onChange: ({ key }) => void changed.push(key) });
  const tell = (type: 'applied' | 'deleted', object: AnyResource) => watches.get(object.kind)?.onEvent({ type, object } as never);
  return { table, routes, changed, tell };
}

test('a function’s limits are in the units of the hot path, and go with the object', async () => {
  const { table, changed, tell } = await setUp();
  tell('applied', fn('a'));
  expect(table.get('demo/a')?.limits).toEqual({
    timeoutMs: 2000,
    activationTimeoutMs: 3000,
    queueLimit: 7,
    bodyLimitBytes: 65_536,
    retry: 'safe',
    watched: true,
  });
  expect(changed).toEqual(['demo/a']);
});

test('a route may come before its function, and leads to it once it is there', async () => {
  const { routes, tell } = await setUp();
  tell('applied', trigger('a', 'late'));
  expect(routes.match('', '/a', 'GET')?.target.limits).toBeUndefined();
  tell('applied', fn('late'));
  expect(routes.match('', '/a', 'GET')?.target.limits?.timeoutMs).toBe(2000);
});

test('a trigger that moves to another function leads there', async () => {
  const { routes, tell } = await setUp();
  tell('applied', fn('a'));
  tell('applied', fn('b'));
  tell('applied', trigger('t', 'a'));
  tell('applied', trigger('t', 'b'));
  expect(routes.match('', '/t', 'GET')?.target.key).toBe('demo/b');
});

test('functions that are gone leave nothing behind, once no trigger and no instance refers to them', async () => {
  const { table, routes, tell } = await setUp();
  tell('applied', fn('a'));
  tell('applied', trigger('t', 'a'));
  tell('deleted', fn('a'));
  expect(routes.match('', '/t', 'GET')?.target.resource).toBeUndefined();
  tell('applied', fn('a'));
  expect(routes.match('', '/t', 'GET')?.target).toBe(table.get('demo/a'));
  tell('deleted', trigger('t', 'a'));
  tell('deleted', fn('a'));
  expect([...table.all()]).toEqual([]);
});
