import { expect, test } from 'vitest';
import { sampleFunction } from '../../protocol/schema/sample.ts';
import type { Allocator } from '../apply/allocator.ts';
import { createFunctionRegistry, type ManagedFunction } from '../observe/functions.ts';
import { createExposition } from './exposition.ts';

function exposed(change: (fn: ManagedFunction) => void, options: { waiting?: number; watched?: boolean } = {}): string[] {
  const functions = createFunctionRegistry();
  for (const name of ['idle', 'fn']) {
    const sample = sampleFunction(name, {}, 'shop');
    functions.put({ ...sample, metadata: { ...sample.metadata, uid: name } });
  }
  change(functions.byName('shop/fn') as ManagedFunction);
  const metrics = createExposition({
    functions,
    allocator: { pools: () => [] } as unknown as Allocator,
    liveGateways: () => 2,
    waiting: (fn) => (fn === 'shop/fn' ? (options.waiting ?? 0) : 0),
    watched: (fn) => fn === 'shop/fn' && options.watched === true,
  });
  return metrics
    .render()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

test('functions that have nothing and want nothing have no series', () => {
  expect(exposed(() => undefined)).toEqual(['fibonacci_gateways 2']);
});

test.each<[string, (fn: ManagedFunction) => void, { waiting?: number; watched?: boolean }]>([
  ['wants instances', (fn) => void (fn.replicas = 1), {}],
  ['has requests that wait', () => undefined, { waiting: 1 }],
  ['follows a rule of the user’s own, which may compare with the instances that there are', () => undefined, { watched: true }],
])('a function that %s has all its series, and the other none', (_, change, options) => {
  const series = exposed(change, options);
  expect(series).toContain('function_service_count{function_name="shop/fn"} 0');
  expect(series).toContain('function_target_concurrency{function_name="shop/fn"} 16');
  expect(series.filter((line) => line.includes('shop/idle'))).toEqual([]);
});
