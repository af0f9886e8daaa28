import { expect, test } from 'vitest';
import { parseWorkloads } from '../../../protocol/workloads.ts';
import type { InstanceTemplate } from '../fleet.ts';
import { instanceId, podOfInstance, workloadName } from './names.ts';
import { renderWorkload } from './workload.ts';

const MIB = 1024 ** 2;
const pool: InstanceTemplate = {
  key: 'pool:shop/web#0a1b2c3d',
  namespace: 'shop',
  runtime: 'nodejs',
  memoryBytes: 256 * MIB,
  owner: { kind: 'PodPool', name: 'web', uid: 'pool-uid' },
};
const cold: InstanceTemplate = { ...pool, key: 'cold:shop/report#0a1b2c3d', owner: { kind: 'Function', name: 'report', uid: 'fn-uid' } };
const workloads = parseWorkloads('{"images":{"nodejs":"fibonacci-nodejs:1"},"pullSecrets":["registry"],"pullPolicy":"Never","scratch":"64Mi"}');
const context = { workloads, publicKey: 'the-key' };
const render = (template: InstanceTemplate) => renderWorkload(template, context);
const pod = (template: InstanceTemplate) => render(template).spec.template;
const container = (template: InstanceTemplate) => pod(template).spec.containers[0];
const env = (template: InstanceTemplate) => Object.fromEntries(container(template).env.map(({ name, value, valueFrom }) => [name, value ?? valueFrom]));

test('the name tells the pool and changes with the template', () => {
  expect(workloadName(pool)).toMatch(/^web-[0-9a-f]{8}$/);
  expect(workloadName({ ...pool, key: 'pool:shop/web#11111111' })).not.toBe(workloadName(pool));
  expect(workloadName({ ...pool, key: 'cold:shop/web#0a1b2c3d' })).not.toBe(workloadName(pool));
});

test('names are labels, however long the pool’s is', () => {
  const name = workloadName({ key: 'k', owner: { kind: 'PodPool', name: `${'a'.repeat(53)}-${'b'.repeat(9)}` } });
  expect(name).toMatch(/^a{53}-[0-9a-f]{8}$/);
});

test('an id names the pod with its namespace', () => {
  expect(podOfInstance(instanceId('shop', 'web-1'))).toEqual({ namespace: 'shop', name: 'web-1' });
  expect(['web-1', 'a/b/c', '/x', 'x/'].map(podOfInstance)).toEqual([undefined, undefined, undefined, undefined]);
});

test('pods are found by the selector, and the labels tell a pool from a cold function; none claims to serve one', () => {
  const { spec, metadata } = render(pool);
  expect(spec.selector.matchLabels).toEqual({ 'fibonacci.dev/workload': workloadName(pool) });
  expect(spec.template.metadata.labels).toEqual({
    'app.kubernetes.io/managed-by': 'fibonacci',
    'fibonacci.dev/template': expect.stringMatching(/^[0-9a-f]{8}$/),
    'fibonacci.dev/workload': workloadName(pool),
    'fibonacci.dev/pool': 'web',
  });
  expect(metadata.labels).toEqual(spec.template.metadata.labels);
  expect(pod(cold).metadata.labels).toMatchObject({ 'fibonacci.dev/cold': 'report' });
  expect(pod(cold).metadata.labels).not.toHaveProperty('fibonacci.dev/function');
});

test('it goes with the pool or the function that it is for', () => {
  const owner = (template: InstanceTemplate) => render(template).metadata.ownerReferences;
  expect(owner(pool)).toEqual([{ apiVersion: 'fibonacci.dev/v1alpha1', kind: 'PodPool', name: 'web', uid: 'pool-uid', controller: true }]);
  expect(owner(cold)).toMatchObject([{ kind: 'Function', name: 'report', uid: 'fn-uid' }]);
  expect(owner({ ...pool, owner: { kind: 'PodPool', name: 'web' } })).toBeUndefined();
});

test('a pool that was made again keeps its pods', () => {
  const again = { ...pool, owner: { ...pool.owner, uid: 'another' } };
  expect(pod(again)).toEqual(pod(pool));
  expect(render(again).metadata.annotations).not.toEqual(render(pool).metadata.annotations);
});

test('the watcher gets the variables of its contract, with the pod’s name as its id', () => {
  expect(env(pool)).toEqual({
    FIB_POD_NAMESPACE: { fieldRef: { fieldPath: 'metadata.namespace' } },
    FIB_POD_NAME: { fieldRef: { fieldPath: 'metadata.name' } },
    FIB_INSTANCE: '$(FIB_POD_NAMESPACE)/$(FIB_POD_NAME)',
    FIB_SCRATCH: '/scratch',
    FIB_PUBLIC_KEY: 'the-key',
    FIB_HOST: '0.0.0.0',
    FIB_DATA_PORT: '8080',
    FIB_CONTROL_PORT: '8081',
    FIB_MEMORY_LIMIT_BYTES: String(192 * MIB),
    TMPDIR: '/scratch',
  });
  expect(env({ ...pool, memoryBytes: 96 * MIB })).toMatchObject({ FIB_MEMORY_LIMIT_BYTES: String(72 * MIB) });
});

test('resources, probes and scratch', () => {
  expect(container(pool)).toMatchObject({
    image: 'fibonacci-nodejs:1',
    imagePullPolicy: 'Never',
    resources: { requests: { cpu: '50m', memory: '256Mi' }, limits: { cpu: '1', memory: '256Mi' } },
    startupProbe: { httpGet: { path: '/_/ready', port: 'control' }, periodSeconds: 1 },
    readinessProbe: { httpGet: { path: '/_/ready', port: 'control' }, periodSeconds: 5 },
    livenessProbe: { httpGet: { path: '/_/health', port: 'control' } },
    volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
  });
  expect(pod(pool).spec).toMatchObject({
    imagePullSecrets: [{ name: 'registry' }],
    volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '64Mi' } }],
    terminationGracePeriodSeconds: 905,
  });
});

test('a pod that is to end while its watcher starts does: the watcher is not process 1, which no signal ends', () => {
  expect(pod(pool).spec.shareProcessNamespace).toBe(true);
});

test('the pod keeps to the restricted Pod Security Standard and has no rights in the cluster', () => {
  expect(pod(pool).spec).toMatchObject({
    serviceAccountName: 'fibonacci-function',
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
  });
  expect(container(pool).securityContext).toEqual({ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
});

test('pods spread over zones and nodes, and a new image never leaves the pool short', () => {
  const selector = { matchLabels: { 'fibonacci.dev/workload': workloadName(pool) } };
  expect(pod(pool).spec.topologySpreadConstraints).toEqual(
    ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
      maxSkew: 1,
      topologyKey,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: selector,
    })),
  );
  expect(render(pool).spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: '50%' });
});

test('a runtime without an image is refused by name', () => {
  expect(() => render({ ...pool, runtime: 'python' })).toThrow(
    expect.objectContaining({ code: 'RUNTIME_UNAVAILABLE', message: 'runtime python is off: the platform names no image for it; add images.python' }),
  );
});
