import { expect, test } from 'vitest';
import { sampleFunction } from '../../protocol/schema/sample.ts';
import { API_VERSION } from '../../protocol/names.ts';
import type { TriggerResource } from '../../protocol/schema/resources.ts';
import { reduceResource } from './reduce-resource.ts';

test('a gateway knows no variables of functions, and all else of them', () => {
  const fn = sampleFunction('cart', { env: { KEY: 'value' } });
  expect(reduceResource(fn)).toEqual({ ...fn, spec: { ...fn.spec, env: {} } });
});

test('of a trigger it knows what is declared', () => {
  const metadata = { namespace: 'shop', name: 'cart-http' };
  const spec = { function: 'cart', http: { path: '/cart', match: 'prefix' as const, methods: [] } };
  const trigger: TriggerResource = { apiVersion: API_VERSION, kind: 'Trigger', metadata, spec };
  expect(reduceResource({ ...trigger, status: { observedGeneration: 1 } })).toEqual(trigger);
});
