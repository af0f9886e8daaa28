import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../constructs/synth/object.ts';
import type { FunctionSpec } from '../../protocol/schema/function.ts';
import { coldTemplate } from '../../kit/fleet/template.ts';
import { API_VERSION } from '../../protocol/names.ts';
import { sampleContainer, sampleFunction } from '../../protocol/schema/sample.ts';
import { contentDigest } from '../../scaler/decide/revision.ts';
import { effectsOf } from './effects.ts';

const object = (kind: string, fields: object, apiVersion = 'v1'): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name: 'a', namespace: 'shop' },
  ...fields,
});
const spec = (kind: string, value: object) => object(kind, { spec: value });
const own = (kind: string, value: object) => object(kind, { spec: value }, 'fibonacci.dev/v1alpha1');
const fn = (change: Partial<FunctionSpec> = {}) => sampleFunction('a', change) as unknown as KubernetesObject;

describe('what a change does', () => {
  const service = { selector: { app: 'a' }, clusterIP: '10.0.0.1' };
  const set = { serviceName: 'a', replicas: 1, template: { image: '1' } };
  const claim = { storageClassName: 'fast', resources: { requests: { storage: '1Gi' } } };
  const route = { function: 'a', http: { path: '/a' } };
  it.each<[string, KubernetesObject | undefined, KubernetesObject | undefined, string[]]>([
    ['an object that is new', undefined, fn(), ['created']],
    ['one that is no more', fn(), undefined, ['removed']],
    ['a way for requests that opens', undefined, own('Trigger', route), ['moves-traffic', 'created']],
    ['one that closes', own('Trigger', route), undefined, ['removed', 'moves-traffic']],
    ['a path', own('Trigger', route), own('Trigger', { ...route, http: { path: '/b' } }), ['moves-traffic']],
    ['a schedule', own('Trigger', { timer: { schedule: '1' } }), own('Trigger', { timer: { schedule: '2' } }), ['settings']],
    ['who may call a function', fn(), fn({ access: 'public' }), ['moves-traffic']],
    ['the bounds of a function', fn(), fn({ queueLimit: 5 }), ['settings']],
    ['labels', fn(), { ...fn(), metadata: { name: 'a', labels: { a: 'b' } } }, ['settings']],
    ['what waits in a pool', own('PodPool', { min: 1 }), own('PodPool', { min: 2 }), ['settings']],
    ['what the pods of a pool are', own('PodPool', { memory: '1Mi' }), own('PodPool', { memory: '2Mi' }), ['restarts-pods']],
    ['a field that this version does not know', fn(), { ...fn(), spec: { ...sampleFunction().spec, later: 1 } }, ['restarts-pods', 'new-revision']],
    ['a pod template', spec('Deployment', { template: { image: '1' } }), spec('Deployment', { template: { image: '2' } }), ['restarts-pods']],
    ['how many pods', spec('Deployment', { replicas: 1 }), spec('Deployment', { replicas: 2 }), ['settings']],
    ['a selector', spec('Deployment', { selector: { a: 1 } }), spec('Deployment', { selector: { a: 2 } }), ['replaced']],
    ['a StatefulSet’s template', spec('StatefulSet', set), spec('StatefulSet', { ...set, template: { image: '2' } }), ['restarts-pods']],
    ['what a StatefulSet keeps for ever', spec('StatefulSet', set), spec('StatefulSet', { ...set, serviceName: 'b' }), ['replaced']],
    ['a claim that grows', spec('PersistentVolumeClaim', claim), spec('PersistentVolumeClaim', { ...claim, resources: {} }), ['settings']],
    ['a claim’s class', spec('PersistentVolumeClaim', claim), spec('PersistentVolumeClaim', { ...claim, storageClassName: 'x' }), ['replaced']],
    ['where a Service leads', spec('Service', service), spec('Service', { ...service, selector: { app: 'b' } }), ['moves-traffic']],
    ['a Service’s address', spec('Service', service), spec('Service', { ...service, clusterIP: 'None' }), ['replaced']],
    ['an Ingress', spec('Ingress', { rules: [] }), spec('Ingress', { rules: [1] }), ['moves-traffic']],
    ['a ConfigMap', object('ConfigMap', { data: { a: '1' } }), object('ConfigMap', { data: { a: '2' } }), ['settings']],
    ['an immutable one', object('ConfigMap', { immutable: true, data: { a: '1' } }), object('ConfigMap', { immutable: true, data: {} }), ['replaced']],
    ['whom a binding is about', object('RoleBinding', { roleRef: { name: 'a' } }), object('RoleBinding', { roleRef: { name: 'b' } }), ['replaced']],
  ])('%s', (_, before, after, effects) => {
    expect(effectsOf(before, after)).toEqual(effects);
  });
});

const secret = { env: 'A', name: 'a', key: 'k' };
const CHANGES: { readonly [Field in keyof Required<FunctionSpec>]: FunctionSpec[Field] } = {
  runtime: 'python',
  handler: 'other.handler',
  signature: 'fetch',
  mode: 'process',
  package: { digest: `sha256:${'1'.repeat(64)}`, size: 2 },
  container: { image: 'shop/app:2', port: 8080 },
  env: { A: 'b' },
  secrets: [secret],
  timeout: '31s',
  activationTimeout: '31s',
  concurrency: 17,
  queueLimit: 1001,
  bodyLimit: '11Mi',
  retry: 'never',
  access: 'public',
  deployment: { type: 'cold', memory: '512Mi' },
  scaling: { minReplicas: 1, maxReplicas: 10, idleTimeout: '60s', stabilizationWindow: '60s' },
};

it.each([
  ['code', sampleFunction('a')],
  ['a container', sampleContainer('a')],
])('of a Function that is %s each field makes a new revision, and new instances, exactly where the scaler does', (_, { metadata, spec: before }) => {
  for (const field of Object.keys(before) as (keyof FunctionSpec)[]) {
    const after = { ...before, [field]: CHANGES[field] };
    const secrets = (of: FunctionSpec) => Object.fromEntries(of.secrets.map(({ env }) => [env, 'digest']));
    const template = (spec: FunctionSpec) => coldTemplate({ apiVersion: API_VERSION, kind: 'Function', metadata, spec }).key;
    const instances = template(before) !== template(after);
    const revision = instances || contentDigest(before, secrets(before)) !== contentDigest(after, secrets(after));
    const effects = effectsOf(own('Function', before), own('Function', after));
    expect([field, effects.includes('restarts-pods'), effects.includes('new-revision')]).toEqual([field, instances, revision]);
  }
});
