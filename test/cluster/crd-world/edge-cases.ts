import { API_VERSION } from '../../../protocol/names.ts';
import type { KindName } from '../../../protocol/schema/resources.ts';
import { sampleContainer, sampleFunction } from '../../../protocol/schema/sample.ts';
import type { Mutation } from './mutations.ts';

/** What no schema tells by itself: metadata, rules across fields, several things at once. */
export function edgeCases(namespace: string): Mutation[] {
  const fn = sampleFunction('sample', {}, namespace);
  const spec = (changes: object) => ({ ...fn, spec: { ...fn.spec, ...changes } });
  const app = sampleContainer('sample', {}, {}, namespace);
  const contained = (changes: object) => ({ ...app, spec: { ...app.spec, ...changes } });
  const container = (changes: object) => contained({ container: { ...app.spec.container, ...changes } });
  const scaling = (changes: object) => spec({ scaling: { ...fn.spec.scaling, ...changes } });
  const meta = (changes: object) => ({ ...fn, metadata: { ...fn.metadata, ...changes } });
  const of = (kind: KindName, body: object) => ({ apiVersion: API_VERSION, kind, metadata: { name: 'sample', namespace }, spec: body });
  const trigger = (body: object) => of('Trigger', { function: 'hello', ...body });
  const http = (changes: object) => trigger({ http: { path: '/a', match: 'prefix', methods: [], ...changes } });
  const timer = { schedule: '* * * * *', timeZone: 'UTC', missed: 'skip' };
  const rule = (body: object) => of('ScalingRule', { functions: ['hello'], ...body });
  const pool = (body: object) => of('PodPool', { runtime: 'nodejs', min: 2, max: 5, memory: '256Mi', ...body });
  const placed = (placement: object) => pool({ placement });
  const tolerating = (...tolerations: object[]) => placed({ tolerations });
  const secret = (env: string) => ({ env, name: 's', key: 'k' });
  const many = (count: number, key: (index: number) => string) => Object.fromEntries(Array.from({ length: count }, (_, index) => [key(index), 'v']));

  const cases: readonly [string, object][] = [
    ['a name of capitals', meta({ name: 'Hello' })],
    ['a name with a digit in front', meta({ name: '1hello' })],
    ['a name with a dot', meta({ name: 'a.b' })],
    ['a name that ends with a dash', meta({ name: 'a-' })],
    ['an empty name', meta({ name: '' })],
    ['a name of 253', meta({ name: 'a'.repeat(253) })],
    ['a name of 254', meta({ name: 'a'.repeat(254) })],
    ['a good label', meta({ labels: { 'app.kubernetes.io/part-of': 'x.Y_z-1', plain: '' } })],
    ['a bad value of a label', meta({ labels: { a: 'x y' } })],
    ['a long value of a label', meta({ labels: { a: 'x'.repeat(64) } })],
    ['a bad label', meta({ labels: { 'a b': 'x' } })],
    ['a label with two slashes', meta({ labels: { 'a/b/c': 'x' } })],
    ['a label with a capital prefix', meta({ labels: { 'Example.org/a': 'x' } })],
    ['a label with an empty part in its prefix', meta({ labels: { 'a..b/c': 'x' } })],
    ['a label that is a number', meta({ labels: { 0: 'x y' } })],
    ['70 labels', meta({ labels: many(70, (index) => `l${index}`) })],
    ['a good annotation', meta({ annotations: { 'example.org/a': 'anything at all %&!' } })],
    ['an annotation with a capital prefix', meta({ annotations: { 'Example.org/a': 'x' } })],
    ['a bad annotation', meta({ annotations: { 'a b': 'x' } })],
    ['70 annotations', meta({ annotations: many(70, (index) => `a${index}`) })],
    ['an annotation as large as may be', meta({ annotations: { a: 'x'.repeat(262_143) } })],
    ['an annotation larger than may be', meta({ annotations: { a: 'x'.repeat(262_144) } })],
    ['an unknown field beside spec', { ...fn, sepc: {} }],
    ['two unknown fields', spec({ timout: '1s', scaling: { ...fn.spec.scaling, minReplica: 1 } })],

    ['a timeout of 100ms', spec({ timeout: '100ms' })],
    ['a timeout of 99ms', spec({ timeout: '99ms' })],
    ['a timeout of 15m', spec({ timeout: '15m' })],
    ['a timeout of 900001ms', spec({ timeout: '900001ms' })],
    ['a timeout of an hour', spec({ timeout: '1h' })],
    ['a timeout of 0s', spec({ timeout: '0s' })],
    ['a timeout of more hours than there are', spec({ timeout: '999999999h' })],
    ['a timeout with a leading zero', spec({ timeout: '030s' })],
    ['a timeout in two units', spec({ timeout: '1m30s' })],
    ['a timeout in days', spec({ timeout: '1d' })],
    ['an activation timeout of 1s', spec({ activationTimeout: '1s' })],
    ['an activation timeout of 999ms', spec({ activationTimeout: '999ms' })],
    ['an activation timeout of 301s', spec({ activationTimeout: '301s' })],
    ['two timeouts out of range', spec({ timeout: '1h', activationTimeout: '1h' })],
    ['an idle timeout of more hours than there are', scaling({ idleTimeout: '999999999h' })],
    ['hot without a pool', spec({ deployment: { type: 'hot' } })],
    ['cold with a pool', spec({ deployment: { type: 'cold', pool: 'p', memory: '1Mi' } })],
    ['cold without memory', spec({ deployment: { type: 'cold' } })],
    ['hot with memory', spec({ deployment: { type: 'hot', pool: 'p', memory: '1Mi' } })],
    ['min over max', scaling({ minReplicas: 5, maxReplicas: 3 })],
    ['min at max', scaling({ minReplicas: 3, maxReplicas: 3 })],
    ['min of 1000 over max of 999', scaling({ minReplicas: 1000, maxReplicas: 999 })],
    ['fetch for Python', spec({ runtime: 'python', signature: 'fetch' })],
    ['wsgi for Node.js', spec({ signature: 'wsgi' })],
    ['asgi for Python', spec({ runtime: 'python', signature: 'asgi' })],
    ['a secret twice', spec({ secrets: [secret('A'), secret('A')] })],
    ['two secrets', spec({ secrets: [secret('A'), secret('B')] })],
    ['64 secrets', spec({ secrets: Array.from({ length: 64 }, (_, index) => secret(`A${index}`)) })],
    ['256 variables', spec({ env: many(256, (index) => `E${index}`) })],
    ['a variable with a dash', spec({ env: { 'MY-VAR': 'x' } })],
    ['a variable with an emoji', spec({ env: { '😀': 'x' } })],
    ['a variable without a name', spec({ env: { '': 'x' } })],
    ['a variable with a newline in its value', spec({ env: { A: 'x\ny' } })],
    ['a handler that escapes', spec({ handler: '../index.handler' })],
    ['a handler with a newline at its end', spec({ handler: 'index.handler\n' })],
    ['a digest in capitals', spec({ package: { digest: `sha256:${'A'.repeat(64)}`, size: 1 } })],
    ['a memory in bytes', spec({ deployment: { type: 'cold', memory: '1000' } })],
    ['a memory of 0Mi', spec({ deployment: { type: 'cold', memory: '0Mi' } })],
    ['nothing for what is required', spec({ runtime: null })],
    ['a list where an object belongs', spec({ scaling: [] })],
    ['many things at once', spec({ runtime: 'x', mode: 'y', timeout: 'z', concurrency: 0 })],
    ['a wrong field and a broken rule', scaling({ minReplicas: 5, maxReplicas: 3, idleTimeout: 'soon' })],

    ['a language without a handler', spec({ handler: undefined })],
    ['a language without code', spec({ package: undefined })],
    ['a language without handler and code', spec({ handler: undefined, package: undefined })],
    ['a language with what is told by default left out', spec({ signature: undefined, mode: undefined })],
    ['a language with a container', spec({ container: app.spec.container })],
    ['a container without an image', contained({ container: undefined })],
    ['a container with a handler', contained({ handler: 'index.handler' })],
    ['a container with code', contained({ package: fn.spec.package })],
    ['a container with a signature', contained({ signature: 'event' })],
    ['a container with a mode', contained({ mode: 'thread' })],
    ['a container in a pool', contained({ deployment: { type: 'hot', pool: 'p' } })],
    ['a container with a variable PORT', contained({ env: { PORT: '80' } })],
    ['a container with a secret PORT', contained({ secrets: [secret('PORT')] })],
    ['code with a variable PORT', spec({ env: { PORT: '80' } })],
    ['a container with all that it may not have', contained({ handler: 'index.handler', signature: 'event', env: { PORT: '80' } })],
    ['an image by digest', container({ image: `registry.example.org:5000/shop/app_2@sha256:${'0'.repeat(64)}` })],
    ['an image that reads like an option', container({ image: '--privileged' })],
    ['an image with a newline at its end', container({ image: 'shop/app:1\n' })],
    ['an image that ends with its colon', container({ image: 'shop/app:' })],
    ['a container without a port', container({ port: 0 })],

    ['a trigger of no form', trigger({})],
    ['a trigger of two forms', trigger({ http: { path: '/a', match: 'prefix', methods: [] }, timer })],
    ['the root path', http({ path: '/' })],
    ['a path without a slash', http({ path: 'a' })],
    ['a path with a slash at its end', http({ path: '/a/' })],
    ['a path with a double slash', http({ path: '/a//b' })],
    ['a path with dots', http({ path: '/a/../b' })],
    ['a path with a dot', http({ path: '/./b' })],
    ['a path with dots in a name', http({ path: '/a..b/...' })],
    ['a path with a query', http({ path: '/a?b' })],
    ['a path that is escaped', http({ path: '/a%2Fb' })],
    ['all methods', http({ methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] })],
    ['a method in small letters', http({ methods: ['get'] })],
    ['a host with a port', http({ host: 'a:80' })],
    ['a host in capitals', http({ host: 'A.example.org' })],
    ['a host of stars', http({ host: '*.example.org' })],

    ['a rule of two metrics', rule({ cpu: { targetMillicores: 1 }, custom: { promql: 'x' } })],
    ['a rule of no metric', rule({})],
    ['a rule of an empty expression', rule({ custom: { promql: '' } })],
    ['a rule of no function', rule({ functions: [], cpu: { targetMillicores: 1 } })],
    ['a rule of a function twice', rule({ functions: ['a', 'a'], cpu: { targetMillicores: 1 } })],
    ['a rule of a wrong name', rule({ functions: ['A'], cpu: { targetMillicores: 1 } })],
    ['a share of 0 percent', rule({ memory: { utilizationPercent: 0 } })],
    ['a share of 101 percent', rule({ memory: { utilizationPercent: 101 } })],

    ['a pool of more than its most', pool({ min: 1000, max: 10 })],
    ['a pool of none', pool({ min: 0, max: 1 })],
    ['a pool of 10,001', pool({ max: 10_001 })],
    ['a placement that says nothing', placed({})],
    ['a placement of a hot function', spec({ deployment: { type: 'hot', pool: 'p', placement: { zones: ['a'] } } })],
    ['a placement of a cold function', spec({ deployment: { type: 'cold', memory: '1Mi', placement: { zones: ['a'] } } })],
    ['a toleration of a cold function for nothing', spec({ deployment: { type: 'cold', memory: '1Mi', placement: { tolerations: [{}] } } })],
    ['no zone', placed({ zones: [] })],
    ['17 zones', placed({ zones: Array.from({ length: 17 }, (_, index) => `z${index}`) })],
    ['a zone without a name', placed({ zones: [''] })],
    ['an empty value of a node’s label', placed({ nodeSelector: { a: '' } })],
    ['a bad label of nodes', placed({ nodeSelector: { 'a b': 'x' } })],
    ['a label of nodes with a capital prefix', placed({ nodeSelector: { 'Example.org/a': 'x' } })],
    ['a bad value of a node’s label', placed({ nodeSelector: { a: 'x y' } })],
    ['33 labels of nodes', placed({ nodeSelector: many(33, (index) => `l${index}`) })],
    ['32 labels of nodes', placed({ nodeSelector: many(32, (index) => `l${index}`) })],
    ['a toleration of everything', tolerating({ operator: 'Exists' })],
    ['a toleration of nothing', tolerating({})],
    ['a toleration of a value without a key', tolerating({ operator: 'Equal', value: 'x' })],
    ['a toleration of a key alone', tolerating({ key: 'a' })],
    ['a toleration of any value and of one', tolerating({ key: 'a', operator: 'Exists', value: 'x' })],
    ['a toleration that ends, of every effect', tolerating({ key: 'a', tolerationSeconds: 1 })],
    ['a toleration that ends, of NoSchedule', tolerating({ key: 'a', effect: 'NoSchedule', tolerationSeconds: 1 })],
    ['a toleration that ends at once', tolerating({ key: 'a', effect: 'NoExecute', tolerationSeconds: 0 })],
    ['three wrong tolerations', tolerating({}, { key: 'a', operator: 'Exists', value: 'x' }, { key: 'a', tolerationSeconds: 1 })],
    ['32 tolerations', tolerating(...Array.from({ length: 32 }, () => ({ key: 'a' })))],
    ['a runtime class with dots', placed({ runtimeClass: 'gvisor.v1.example-x' })],
    ['a runtime class with two dots in a row', placed({ runtimeClass: 'gvisor..x' })],
    ['a priority class of capitals', placed({ priorityClass: 'High' })],
  ];
  return cases.map(([name, object]) => ({ name, object }));
}
