import { ApiObject } from 'cdk8s';
import { expect, test } from 'vitest';
import * as fib from './index.ts';
import { synthesizeStack } from './loader.ts';
import type { KubernetesObject } from './synth/object.ts';

type App = Parameters<fib.DefineStack>[0];

const code = fib.Code.fromInline('export const handler = () => 1;');

function synth(build: (app: App) => void, target: 'cluster' | 'local' = 'cluster'): KubernetesObject[] {
  return synthesizeStack(fib.defineStack(build), { target }).objects.map(({ object }) => object);
}

const stackOf = (app: App, props: fib.FunctionStackProps = {}, id = 'shop') => new fib.FunctionStack(app, id, { namespace: 'retail', ...props });
const poolOf = (stack: fib.FunctionStack, memory = fib.Size.mebibytes(256)) => new fib.PodPool(stack, 'web', { runtime: 'nodejs', min: 1, max: 2, memory });
const platformOf = (app: App, cpuLimit?: string) =>
  new fib.Platform(app, 'fibonacci', { images: { registry: 'registry.example.com/fib' }, ...(cpuLimit !== undefined && { functions: { cpuLimit } }) });
const functionOf = (stack: fib.FunctionStack, props: Partial<fib.FunctionProps> = {}) =>
  new fib.Function(stack, 'greet', { runtime: 'nodejs', handler: 'index.handler', code, ...props });

test('a quota and limits become a ResourceQuota and a LimitRange of the namespace', () => {
  const quota = { pods: 50, cpuRequests: '20', cpuLimits: '500m', memory: fib.Size.gibibytes(16) };
  const limits = { maxMemory: fib.Size.gibibytes(1), maxCpu: '2', defaultCpu: '100m' };
  expect(synth((app) => stackOf(app, { quota, limits }))).toEqual([
    {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'fibonacci-limits-shop', namespace: 'retail', labels: { 'fibonacci.dev/stack': 'shop' } },
      spec: {
        limits: [
          { type: 'Container', max: { cpu: '2', memory: '1Gi' }, default: { cpu: '100m', memory: '1Gi' }, defaultRequest: { cpu: '100m', memory: '1Gi' } },
        ],
      },
    },
    {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'fibonacci-limits-shop', namespace: 'retail', labels: { 'fibonacci.dev/stack': 'shop' } },
      spec: { hard: { pods: '50', 'requests.cpu': '20', 'limits.cpu': '500m', 'requests.memory': '16Gi', 'limits.memory': '16Gi' } },
    },
  ]);
});

test('a stack without them, or on a laptop, has neither', () => {
  const kinds = (props: fib.FunctionStackProps, target?: 'local') => synth((app) => poolOf(stackOf(app, props)), target).map(({ kind }) => kind);
  expect(kinds({})).toEqual(['PodPool']);
  expect(kinds({ quota: {}, limits: {} })).toEqual(['PodPool']);
  expect(kinds({ quota: { pods: 1 } }, 'local')).toEqual(['PodPool']);
});

test.each<[string, (app: App) => void, RegExp]>([
  ['a quota of no form', (app) => stackOf(app, { quota: 5 } as never), /FunctionStack "shop" is not valid:\n {2}quota: 5 must be object/],
  ['an unknown field', (app) => stackOf(app, { quota: { memmory: 1 } } as never), /quota\.memmory: unknown field; did you mean memory\?/],
  ['no pods', (app) => stackOf(app, { quota: { pods: 0 } }), /quota\.pods: 0 must be >= 1/],
  ['processor time in words', (app) => stackOf(app, { limits: { maxCpu: 'two' } }), /limits\.maxCpu: "two" must match pattern/],
  ['a memory in text', (app) => stackOf(app, { limits: { maxMemory: '1GB' } } as never), /limits\.maxMemory: "1GB" must match pattern/],
  [
    'a default above the most',
    (app) => stackOf(app, { limits: { maxMemory: fib.Size.mebibytes(128), defaultMemory: fib.Size.gibibytes(1), maxCpu: '1.5', defaultCpu: '1501m' } }),
    /limits\.defaultMemory: 1Gi is above limits\.maxMemory, 128Mi; lower it or raise maxMemory\n {2}limits\.defaultCpu: 1501m is above limits\.maxCpu, 1\.5;/,
  ],
  [
    'two stacks that state the quota of one namespace',
    (app) => [stackOf(app, { quota: { pods: 1 } }), stackOf(app, { quota: { pods: 2 } }, 'other')],
    /^The stack has a problem:\n {2}other: quota holds for all of namespace retail, and the stack shop states it already; state it once, or give one of the stacks a namespace of its own$/,
  ],
  [
    'a pool larger than a container may be',
    (app) => poolOf(stackOf(app, { limits: { maxMemory: fib.Size.mebibytes(128) } })),
    /shop\/web: its instances have 256Mi of memory, and limits\.maxMemory of the stack shop is 128Mi; lower one or raise the other/,
  ],
  [
    'a cold function larger than another stack of its namespace lets it be',
    (app) => [stackOf(app, { limits: { maxMemory: fib.Size.mebibytes(128) } }, 'limits'), functionOf(stackOf(app))],
    /shop\/greet: its instances have 256Mi of memory, and limits\.maxMemory of the stack limits is 128Mi/,
  ],
  [
    'a pool whose instances may take more processor time than a container may',
    (app) => [platformOf(app), poolOf(stackOf(app, { limits: { maxCpu: '500m' } }))],
    /shop\/web: its instances have a CPU limit of 1, and limits\.maxCpu of the stack shop is 500m; raise it, or lower functions\.cpuLimit of the Platform/,
  ],
  [
    'a cold function of a platform with more',
    (app) => [platformOf(app, '1500m'), functionOf(stackOf(app, { limits: { maxCpu: '1' } }))],
    /shop\/greet: its instances have a CPU limit of 1500m, and limits\.maxCpu of the stack shop is 1; raise it/,
  ],
])('%s is told', (_, build, message) => {
  expect(() => synth(build)).toThrow(message);
});

test('limits that are just kept are fine, and nobody guesses what a platform of another file gives', () => {
  const limits = { maxMemory: fib.Size.mebibytes(256), maxCpu: '0.5', defaultCpu: '500m', defaultMemory: fib.Size.mebibytes(256) };
  expect(synth((app) => [platformOf(app, '500m'), poolOf(stackOf(app, { limits }))]).map(({ kind }) => kind)).toContain('LimitRange');
  expect(synth((app) => poolOf(stackOf(app, { limits }))).map(({ kind }) => kind)).toEqual(['LimitRange', 'PodPool']);
});

test('labels and annotations of a stack are on all that comes of it; what an object says itself wins', () => {
  const objects = synth((app) => {
    const stack = stackOf(app, { labels: { team: 'shop' }, annotations: { 'example.com/owner': 'ann', 'example.com/page': 'x' }, quota: { pods: 9 } });
    functionOf(stack, { scaling: { minReplicas: 2 } }).addSecret('KEY', fib.Secret.fromName('stripe', { key: 'k' }));
    new ApiObject(stack, 'own', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { annotations: { 'example.com/owner': 'bob' }, labels: { team: 'b' } } });
  });
  expect(objects.map(({ kind }) => kind).sort()).toEqual(
    ['ConfigMap', 'ConfigMap', 'Function', 'PodDisruptionBudget', 'ResourceQuota', 'Role', 'RoleBinding'].sort(),
  );
  for (const { metadata } of objects) {
    const mine = metadata.name === 'own';
    expect(metadata.labels).toMatchObject({ team: mine ? 'b' : 'shop', 'fibonacci.dev/stack': 'shop' });
    expect(metadata.annotations).toMatchObject({ 'example.com/owner': mine ? 'bob' : 'ann', 'example.com/page': 'x' });
  }
});

test.each<[fib.FunctionStackProps, RegExp]>([
  [{ labels: { 'fibonacci.dev/stack': 'x' } }, /labels: "fibonacci\.dev\/stack" is the platform's own; give yours another name/],
  [{ labels: { 'app.kubernetes.io/managed-by': 'me' } }, /labels: "app\.kubernetes\.io\/managed-by" is the platform's own/],
  [{ annotations: { 'fibonacci.dev/digest': 'x' } }, /annotations: "fibonacci\.dev\/digest" is the platform's own/],
  [{ labels: { team: 'a b' } }, /labels\.team: "a b" must match pattern/],
  [{ annotations: { 'a b': 'x' } }, /annotations: the name "a b" must match pattern/],
])('%j is refused', (props, message) => {
  expect(() => synth((app) => stackOf(app, props))).toThrow(message);
});
