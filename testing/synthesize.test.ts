import { ApiObject } from 'cdk8s';
import { expect, test } from 'vitest';
import * as fib from '../constructs/index.ts';
import { invoke } from './invoke.ts';
import { synthesize } from './synthesize.ts';

const stack = fib.defineStack((app, { env }) => {
  for (const namespace of ['one', 'two']) {
    const part = new fib.FunctionStack(app, `stack-${namespace}`, { namespace });
    const fn = new fib.Function(part, 'hello', {
      runtime: 'nodejs',
      handler: 'index.handler',
      code: fib.Code.fromInline('exports.handler = () => 1'),
      env: { STAGE: env },
    });
    fn.addSecret('KEY', fib.Secret.fromName('stripe', { key: 'key' }));
    new ApiObject(part, `settings-${namespace}`, { apiVersion: 'v1', kind: 'ConfigMap', data: { a: 'b' } });
  }
});

test('an object is found by kind and name, typed', () => {
  const hello = synthesize(stack, { env: 'test' }).object('Function', 'hello', 'one');
  expect(hello.spec.env).toEqual({ STAGE: 'test' });
  expect(synthesize(stack).object('ConfigMap', 'settings-two')['data']).toEqual({ a: 'b' });
});

test.each<[string, [string, string, string?], RegExp]>([
  ['a name that is not there', ['Function', 'helo'], /no Function helo; it has one\/hello, two\/hello/],
  ['a kind that is not there', ['PodPool', 'pool'], /no PodPool pool; it has no PodPool at all/],
  ['a name in two namespaces', ['Function', 'hello'], /is in the namespaces one and two: name one/],
])('%s is told with what is there', (_, [kind, name, namespace], message) => {
  expect(() => synthesize(stack).object(kind, name, namespace)).toThrow(message);
});

test('a secret without a value is told before anything starts', async () => {
  const hello = synthesize(stack).object('Function', 'hello', 'one');
  await expect(invoke(hello)).rejects.toThrow(/hello needs values for KEY: pass \{ secrets: \{ KEY: '…' \} \}/);
});

test('an object whose code is not known cannot be invoked', async () => {
  const copy = { ...synthesize(stack).object('Function', 'hello', 'one') };
  await expect(invoke(copy, {}, { secrets: { KEY: 'x' } })).rejects.toThrow('pass what synthesize(stack).object');
});
