import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { expect, it } from 'vitest';
import { renderYaml } from '../protocol/yaml.ts';
import * as fib from './index.ts';
import { synthesizeStack } from './loader.ts';

const runtime = fib.Runtime.NODEJS;
const code = fib.Code.fromInline('export const handler = () => 1;');

interface Names {
  readonly formerIds?: Readonly<Record<string, string>>;
  readonly greet: string;
  readonly pool: string;
  readonly settings: string;
  /** Construct that all of them are below. */
  readonly parent?: string;
}

function manifests({ formerIds, greet, pool, settings, parent }: Names): Map<string, string> {
  const { objects } = synthesizeStack(
    fib.defineStack((app) => {
      const stack = new fib.FunctionStack(app, 'shop', { namespace: 'shop', ...(formerIds && { formerIds }) });
      const scope = parent === undefined ? stack : new Construct(stack, parent);
      const instances = new fib.PodPool(scope, pool, { runtime, min: 1, max: 2 });
      const fn = new fib.Function(scope, greet, { runtime, handler: 'index.handler', code, deployment: fib.hot(instances) });
      new fib.HttpTrigger(scope, 'http', { function: fn, path: '/greet' });
      const group = new Construct(scope, settings);
      new ApiObject(group, 'url', { apiVersion: 'v1', kind: 'ConfigMap', data: { url: fn.url } });
    }),
  );
  return new Map(objects.map(({ id, object }) => [id, renderYaml(object)]));
}

const before = manifests({ greet: 'greet', pool: 'pool', settings: 'settings' });

it.each([
  ['renamed', { greet: 'welcome', pool: 'instances', settings: 'config', formerIds: { welcome: 'greet', instances: 'pool', config: 'settings' } }],
  ['moved', { greet: 'greet', pool: 'pool', settings: 'settings', parent: 'orders', formerIds: { 'orders/settings': 'settings' } }],
  [
    'moved and renamed',
    { greet: 'welcome', pool: 'pool', settings: 'config', parent: 'orders', formerIds: { 'orders/welcome': 'greet', 'orders/config/url': 'settings/url' } },
  ],
])('constructs that are %s with their former ids recorded change no byte of a manifest', (_, names) => {
  expect(manifests(names)).toEqual(before);
});

it('without a record, a renamed construct is another object', () => {
  expect([...manifests({ greet: 'welcome', pool: 'pool', settings: 'settings' }).keys()]).toContain('Function/shop/welcome');
});

it.each([
  ['a record of a construct that is not there', { formerIds: { welcom: 'greet' } }, /formerIds says that "welcom" was "greet", and there is no such construct/],
  ['a former id that another construct has', { formerIds: { welcome: 'hello' } }, /Function\/default\/hello is there twice/],
])('%s is an error', (_, props, message) => {
  const build = () =>
    synthesizeStack(
      fib.defineStack((app) => {
        const stack = new fib.FunctionStack(app, 'shop', props);
        for (const id of ['welcome', 'hello']) new fib.Function(stack, id, { runtime, handler: 'index.handler', code });
      }),
    );
  expect(build).toThrow(message);
});
