import { ApiObject } from 'cdk8s';
import { expect, test } from 'vitest';
import { decodePackageData, type PackageConfigMap } from '../../protocol/package-config-map.ts';
import type { FunctionResource } from '../../protocol/schema/resources.ts';
import * as fib from '../index.ts';
import { type LoadOptions, synthesizeStack } from '../loader.ts';

type App = Parameters<fib.DefineStack>[0];

const synth = (build: fib.DefineStack, options: LoadOptions = {}) => synthesizeStack(fib.defineStack(build), options);

function newFunction(stack: fib.FunctionStack, id: string, source = 'export const handler = () => 1;'): fib.Function {
  return new fib.Function(stack, id, { runtime: 'nodejs', handler: 'index.handler', code: fib.Code.fromInline(source) });
}

function shop(app: App, props?: fib.FunctionStackProps): fib.FunctionStack {
  return new fib.FunctionStack(app, 'shop', { namespace: 'retail', ...props });
}

test('a small package is a ConfigMap in its function’s namespace, from which the scaler reads the very same package', () => {
  const { objects, packages } = synth((app) => newFunction(shop(app), 'greet'));
  const [configMap, fn] = objects.map(({ object }) => object) as unknown as [PackageConfigMap, FunctionResource];
  expect(configMap.metadata).toMatchObject({ namespace: 'retail', labels: { 'fibonacci.dev/stack': 'shop' } });
  const { digest = '' } = fn.spec.package ?? {};
  expect(configMap.metadata.name).toBe(`pkg-${digest.slice(7, 47)}`);
  expect(Buffer.from(decodePackageData(configMap, digest).bytes).equals(packages.get(digest) ?? new Uint8Array())).toBe(true);
});

test('functions of equal code share one ConfigMap in a namespace', () => {
  const { objects } = synth((app) => {
    const [one, two, other] = [shop(app), new fib.FunctionStack(app, 'two', { namespace: 'retail' }), new fib.FunctionStack(app, 'other')];
    newFunction(one, 'a');
    newFunction(one, 'b');
    newFunction(two, 'c');
    newFunction(other, 'd');
  });
  expect(objects.filter(({ object }) => object.kind === 'ConfigMap').map(({ object }) => object.metadata.namespace)).toEqual(['default', 'retail']);
});

test('a token of a URL inside of code stays as it is', () => {
  const { objects } = synth((app) => newFunction(shop(app), 'greet', 'const text = "${fibonacci-url:x}";'));
  expect(objects[0]?.object['data']).toMatchObject({ 'index.js': 'const text = "${fibonacci-url:x}";' });
});

test('a package above 64 KiB is in no ConfigMap', () => {
  const { objects } = synth((app) => newFunction(shop(app), 'greet', `// ${' '.repeat(64 * 1024)}`));
  expect(objects.map(({ id }) => id)).toEqual(['Function/retail/greet']);
});

test.each<[string, fib.FunctionStackProps, string]>([
  ['fibonacci-system', {}, 'fibonacci-system'],
  ['the one that it names', { systemNamespace: 'platform' }, 'platform'],
])('the scaler of %s may read the Secrets that a stack names, and no others', (_, props, namespace) => {
  const { objects } = synth((app) => {
    const stack = shop(app, props);
    const [a, b] = [newFunction(stack, 'a'), newFunction(stack, 'b')];
    for (const [fn, env, name] of [
      [a, 'KEY', 'stripe'],
      [a, 'OTHER', 'mail'],
      [b, 'KEY', 'stripe'],
    ] as const)
      fn.addSecret(env, fib.Secret.fromName(name, { key: 'key' }));
    newFunction(new fib.FunctionStack(app, 'none', { namespace: 'retail' }), 'c');
  });
  const rbac = objects.filter(({ phase }) => phase === 'rbac').map(({ object }) => object);
  expect(rbac).toMatchObject([
    {
      kind: 'Role',
      metadata: { name: 'fibonacci-secrets-shop', namespace: 'retail', labels: { 'fibonacci.dev/stack': 'shop' } },
      rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['mail', 'stripe'], verbs: ['get', 'list', 'watch'] }],
    },
    {
      kind: 'RoleBinding',
      metadata: { name: 'fibonacci-secrets-shop', namespace: 'retail' },
      roleRef: { kind: 'Role', name: 'fibonacci-secrets-shop' },
      subjects: [{ kind: 'ServiceAccount', name: 'fibonacci-scaler', namespace }],
    },
  ]);
});

test('none of it is there for a laptop', () => {
  const { objects } = synth((app) => newFunction(shop(app), 'a').addSecret('KEY', fib.Secret.fromName('stripe', { key: 'key' })), { target: 'local' });
  expect(objects.map(({ id }) => id)).toEqual(['Function/retail/a']);
});

test('an object of the same name is told, not overwritten', () => {
  const build = (app: App) => {
    const stack = shop(app);
    newFunction(stack, 'a').addSecret('KEY', fib.Secret.fromName('stripe', { key: 'key' }));
    new ApiObject(stack, 'mine', { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'fibonacci-secrets-shop' } });
  };
  expect(() => synth(build)).toThrow(/Role\/retail\/fibonacci-secrets-shop is there twice: also at shop\/mine/);
});
