import { expect, test } from 'vitest';
import * as fib from './index.ts';
import { synthesizeStack } from './loader.ts';

const code = fib.Code.fromInline('export const handler = () => 1;');

function specOf(id: string, build: (stack: fib.FunctionStack) => void): Record<string, unknown> {
  const { objects } = synthesizeStack(fib.defineStack((app) => build(new fib.FunctionStack(app, 'shop', { namespace: 'shop' }))));
  return objects.find((one) => one.id === id)?.object['spec'] as Record<string, unknown>;
}

const poolWith = (placement?: fib.Placement) =>
  specOf('PodPool/shop/web', (stack) => new fib.PodPool(stack, 'web', { runtime: 'nodejs', min: 0, max: 1, ...(placement && { placement }) }));
const coldWith = (placement?: fib.Placement) =>
  specOf('Function/shop/report', (stack) => {
    const deployment = fib.cold({ ...(placement && { placement }) });
    return new fib.Function(stack, 'report', { runtime: 'nodejs', handler: 'index.handler', code, deployment });
  })['deployment'];

const PLACEMENT: fib.Placement = {
  spread: 'required',
  racks: ['r1'],
  zones: ['a', 'b'],
  tolerations: [{ effect: 'NoExecute', key: 'functions', tolerationSeconds: 30 }],
  runtimeClass: 'kata',
};

test('a pool and a cold function say where they run', () => {
  expect(poolWith(PLACEMENT)['placement']).toEqual(PLACEMENT);
  expect(coldWith(PLACEMENT)).toEqual({ type: 'cold', memory: '256Mi', placement: PLACEMENT });
});

test('a placement that says nothing is in no manifest', () => {
  expect(poolWith()).toEqual({ runtime: 'nodejs', min: 0, max: 1, memory: '256Mi' });
  expect(poolWith({})).toEqual(poolWith());
  expect(coldWith({})).toEqual({ type: 'cold', memory: '256Mi' });
});

test.each<[object, RegExp]>([
  [{ zone: ['a'] }, /zone: unknown field; did you mean zones\?/],
  [{ zones: [] }, /spec\.placement\.zones: \[\] must not have fewer than 1 items/],
  [{ zones: ['a b'] }, /spec\.placement\.zones\[0\]: "a b" must match pattern/],
  [{ nodeSelector: { 'a b': 'x' } }, /spec\.placement\.nodeSelector: the name "a b" must match pattern/],
  [{ tolerations: 'all' }, /placement\.tolerations \("all"\) must be a list/],
  [{ tolerations: [{ kee: 'x' }] }, /spec\.placement\.tolerations\[0\]\.kee: unknown field; did you mean key\?/],
  [{ tolerations: [{}] }, /spec\.placement\.tolerations: a toleration without a key is for every taint: write operator Exists, or name the key/],
  [{ tolerations: [{ key: 'a', operator: 'Exists', value: 'x' }] }, /a toleration with operator Exists takes no value/],
  [{ tolerations: [{ key: 'a', tolerationSeconds: 1 }] }, /tolerationSeconds is for effect NoExecute alone/],
  [{ runtimeClass: 'GVisor' }, /spec\.placement\.runtimeClass: "GVisor" must match pattern/],
  [{ spread: 'no' }, /spec\.placement\.spread: "no" is not one of "preferred", "required"/],
])('%j is refused in the constructor', (placement, message) => {
  expect(() => poolWith(placement as fib.Placement)).toThrow(message);
});
