import { ApiObject } from 'cdk8s';
import { expect, it } from 'vitest';
import * as fib from '../constructs/index.ts';
import { synthesizeStack } from '../constructs/loader.ts';
import { packageConfigMapName } from '../protocol/package-config-map.ts';
import { needsOf } from './needs.ts';

const runtime = fib.Runtime.NODEJS;
const { objects } = synthesizeStack(
  fib.defineStack((app) => {
    new fib.Platform(app, 'fibonacci');
    const stack = new fib.FunctionStack(app, 'shop', { namespace: 'shop' });
    const pool = new fib.PodPool(stack, 'pool', { runtime, min: 1, max: 2 });
    const greet = new fib.Function(stack, 'greet', { runtime, handler: 'index.handler', code: fib.Code.fromInline('export {}'), deployment: fib.hot(pool) });
    new ApiObject(stack, 'keys', { apiVersion: 'v1', kind: 'Secret' });
    greet.addSecret('KEY', fib.Secret.fromName('keys', { key: 'key' }));
    new fib.HttpTrigger(stack, 'greet-http', { function: greet, path: '/greet' });
  }),
);
const needs = needsOf(objects);

it.each([
  [
    'a function',
    'Function/shop/greet',
    [
      'CustomResourceDefinition/functions.fibonacci.dev',
      'Namespace/shop',
      'PodPool/shop/pool',
      'Secret/shop/keys',
      'Deployment/fibonacci-system/fibonacci-scaler',
    ],
  ],
  ['a trigger', 'Trigger/shop/greet-http', ['CustomResourceDefinition/triggers.fibonacci.dev', 'Function/shop/greet']],
  ['a workload', 'Deployment/fibonacci-system/fibonacci-gateway', ['Namespace/fibonacci-system', 'ServiceAccount/fibonacci-system/fibonacci-gateway']],
  ['a binding', 'RoleBinding/shop/fibonacci-secrets-shop', ['Namespace/shop', 'Role/shop/fibonacci-secrets-shop']],
])('%s needs what it cannot do without', (_, id, needed) => {
  expect(needs.get(id)).toEqual(expect.arrayContaining(needed));
});

it('a function needs its own code and no other', () => {
  const code = objects.find(({ id }) => id === 'Function/shop/greet')?.object['spec'] as { package: { digest: string } };
  const configMaps = (needs.get('Function/shop/greet') ?? []).filter((id) => id.startsWith('ConfigMap/'));
  expect(configMaps).toEqual([`ConfigMap/shop/${packageConfigMapName(code.package.digest)}`]);
});

it('gateway and scaler do not wait for each other: the one needs what the other makes', () => {
  expect(needs.get('Deployment/fibonacci-system/fibonacci-gateway')).not.toContain('Deployment/fibonacci-system/fibonacci-scaler');
  expect(needs.get('Deployment/fibonacci-system/fibonacci-scaler')).not.toContain('Deployment/fibonacci-system/fibonacci-gateway');
});

it('nothing needs what stands after it, so that there is no circle', () => {
  const position = new Map(objects.map(({ id }, index) => [id, index]));
  const wrong = [...needs].flatMap(([id, ids]) => ids.filter((need) => (position.get(need) ?? 0) >= (position.get(id) ?? 0)));
  expect(wrong).toEqual([]);
});
