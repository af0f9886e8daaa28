import { ApiObject, App, Chart, Lazy, Testing } from 'cdk8s';
import * as kplus from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import { expect, test } from 'vitest';
import * as fib from '../index.ts';
import type { SynthResult } from './object.ts';
import { synthesizeApp } from './synthesize.ts';

const props: fib.FunctionProps = { runtime: 'nodejs', handler: 'index.handler', code: fib.Code.fromInline('export const handler = () => 1;') };

function synth(app: App): SynthResult {
  return synthesizeApp(app, { target: 'local' });
}

const ids = (result: SynthResult) => result.objects.map(({ id }) => id);
const configMap = (scope: Construct, id: string, more: object = {}) => new ApiObject(scope, id, { apiVersion: 'v1', kind: 'ConfigMap', ...more });

test('objects stand in the order to apply them: by phase, kind and name, whatever the order of the constructs', () => {
  const app = new App();
  const stack = new fib.FunctionStack(app, 'shop');
  const pool = new fib.PodPool(stack, 'pool', { runtime: 'nodejs', min: 0, max: 1 });
  const [b, a] = ['b', 'a'].map((id) => new fib.Function(stack, id, { ...props, deployment: fib.hot(pool) }));
  fib.ScalingRule.cpu(stack, 'rule', { functions: [a, b] as fib.Function[], targetMillicores: 1 });
  new fib.HttpTrigger(stack, 'trigger', { function: a as fib.Function, path: '/' });
  for (const kind of ['ValidatingWebhookConfiguration', 'Deployment', 'ConfigMap', 'Role', 'Namespace', 'CustomResourceDefinition']) {
    new ApiObject(stack, kind.toLowerCase(), { apiVersion: kind === 'Deployment' ? 'apps/v1' : 'v1', kind });
  }
  expect(ids(synth(app))).toEqual([
    'CustomResourceDefinition/customresourcedefinition',
    'Namespace/namespace',
    'Role/default/role',
    'ConfigMap/default/configmap',
    'Deployment/default/deployment',
    'PodPool/default/pool',
    'Function/default/a',
    'Function/default/b',
    'Trigger/default/trigger',
    'ScalingRule/default/rule',
    'ValidatingWebhookConfiguration/validatingwebhookconfiguration',
  ]);
});

test('an object stands after what it needs, also against phase and name, and names it', () => {
  const app = new App();
  const stack = new fib.FunctionStack(app, 'shop');
  const first = configMap(stack, 'a');
  const group = new Construct(stack, 'group');
  const [x, y] = [configMap(group, 'x'), new ApiObject(group, 'y', { apiVersion: 'apps/v1', kind: 'Deployment' })];
  first.addDependency(group);
  x.addDependency(y);
  const result = synth(app);
  expect(ids(result)).toEqual(['Deployment/default/group-y', 'ConfigMap/default/group-x', 'ConfigMap/default/a']);
  expect(result.objects.map(({ deps }) => deps)).toEqual([[], ['Deployment/default/group-y'], ['ConfigMap/default/group-x', 'Deployment/default/group-y']]);
});

test('a dependency on a whole stack is one on everything in it', () => {
  const app = new App();
  const [stack, base] = [new fib.FunctionStack(app, 'shop'), new fib.FunctionStack(app, 'base')];
  configMap(stack, 'a');
  configMap(base, 'b');
  configMap(base, 'c');
  stack.addDependency(base);
  expect(ids(synth(app))).toEqual(['ConfigMap/default/b', 'ConfigMap/default/c', 'ConfigMap/default/a']);
});

test('diamonds of dependencies stay linear', () => {
  const app = new App();
  const stack = new fib.FunctionStack(app, 'shop');
  const layers = Array.from({ length: 60 }, (_, layer) => [0, 1].map((index) => configMap(stack, `l${layer}-${index}`)));
  for (const [index, layer] of layers.entries()) layer.forEach((object) => object.addDependency(...(layers[index - 1] ?? [])));
  expect(synth(app).objects).toHaveLength(120);
});

test('cdk8s and cdk8s-plus objects come along, with the names of their constructs', () => {
  const app = new App();
  const stack = new fib.FunctionStack(app, 'shop', { namespace: 'retail' });
  new kplus.ConfigMap(stack, 'settings', { data: { on: 'yes' } });
  const account = new kplus.ServiceAccount(stack, 'reader');
  const role = new kplus.Role(stack, 'reads', { rules: [{ verbs: ['get'], resources: [kplus.ApiResource.CONFIG_MAPS] }] });
  role.bind(account);
  configMap(new Construct(stack, 'nested'), 'Resource', { data: { lazy: Lazy.any({ produce: () => 'late' }) } });
  const result = synth(app);
  expect(ids(result)).toEqual(
    expect.arrayContaining(['ConfigMap/retail/settings', 'ServiceAccount/retail/reader', 'Role/retail/reads', 'ConfigMap/retail/nested']),
  );
  const objects = new Map(result.objects.map(({ id, object }) => [id, object]));
  expect(objects.get('ConfigMap/retail/settings')).toMatchObject({ data: { on: 'yes' }, metadata: { labels: { 'fibonacci.dev/stack': 'shop' } } });
  expect(objects.get('ConfigMap/retail/nested')?.['data']).toEqual({ lazy: 'late' });
});

test('moving a function into another stack of its namespace renames nothing', () => {
  const inStack = (id: string) => {
    const app = new App();
    new kplus.ConfigMap(new fib.FunctionStack(app, id), 'settings');
    return ids(synth(app));
  };
  expect(inStack('one')).toEqual(inStack('another'));
});

test('what stands in no namespace is written without one', () => {
  const app = new App();
  new ApiObject(new fib.FunctionStack(app, 'shop'), 'retail', { apiVersion: 'v1', kind: 'Namespace' });
  expect(synth(app).objects[0]?.object.metadata).toEqual({ name: 'retail', labels: { 'fibonacci.dev/stack': 'shop' } });
});

test('kinds of the same name in two API groups do not collide', () => {
  const app = new App();
  const stack = new fib.FunctionStack(app, 'shop');
  new ApiObject(stack, 'a', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } });
  new ApiObject(stack, 'b', { apiVersion: 'serving.knative.dev/v1', kind: 'Service', metadata: { name: 'web' } });
  expect(ids(synth(app))).toEqual(['Service/default/web', 'Service.serving.knative.dev/default/web']);
});

test('equal names of plain objects are a problem, since one would overwrite the other', () => {
  const app = new App();
  const stack = new fib.FunctionStack(app, 'shop');
  configMap(stack, 'a', { metadata: { name: 'same' } });
  configMap(stack, 'b', { metadata: { name: 'same' } });
  expect(() => synth(app)).toThrow('shop/b: ConfigMap/default/same is there twice: also at shop/a');
});

test('other signs in the ids of plain objects become "-"; an id of nothing else makes no name', () => {
  const stack = new fib.FunctionStack(new App(), 'shop');
  expect(configMap(stack, 'My Settings').name).toBe('my-settings');
  expect(() => configMap(stack, '###')).toThrow('shop/###: its path makes no name for a ConfigMap');
});

test('validations of any construct are reported with its path', () => {
  const app = new App();
  const custom = new Construct(new fib.FunctionStack(app, 'shop'), 'custom');
  custom.node.addValidation({ validate: () => ['one', 'two'] });
  expect(() => synth(app)).toThrow('The stack has 2 problems:\n  shop/custom: one\n  shop/custom: two');
});

test('a code package that several functions share is there once', () => {
  const app = new App();
  const stack = new fib.FunctionStack(app, 'shop');
  for (const id of ['a', 'b']) new fib.Function(stack, id, { ...props, code: fib.Code.fromInline('same') });
  expect(synth(app).packages.size).toBe(1);
});

test.each<[string, (app: App, stack: Chart) => unknown]>([
  ['app.synth()', (app) => app.synth()],
  ['app.synthYaml()', (app) => app.synthYaml()],
  ['Testing.synth(chart)', (_, stack) => Testing.synth(stack)],
])('%s of cdk8s ends with the way out', (_, action) => {
  const app = Testing.app();
  const stack = new fib.FunctionStack(app, 'shop');
  new fib.Function(stack, 'hello', props);
  expect(() => action(app, stack)).toThrow(/export the stack with defineStack and run `fib synth`; in tests use synthesize of fibonacci-faas\/testing/);
});
