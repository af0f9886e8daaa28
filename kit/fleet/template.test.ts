import { expect, test } from 'vitest';
import { API_VERSION } from '../../protocol/names.ts';
import type { Container } from '../../protocol/schema/container.ts';
import type { FunctionSpec } from '../../protocol/schema/function.ts';
import type { Placement } from '../../protocol/schema/placement.ts';
import type { PodPoolResource } from '../../protocol/schema/resources.ts';
import { sampleContainer, sampleFunction } from '../../protocol/schema/sample.ts';
import { coldTemplate, poolTemplate } from './template.ts';

const pool = (placement?: Placement): PodPoolResource => ({
  apiVersion: API_VERSION,
  kind: 'PodPool',
  metadata: { name: 'web', namespace: 'shop', uid: 'u' },
  spec: { runtime: 'nodejs', min: 1, max: 2, memory: '256Mi', ...(placement && { placement }) },
});
const cold = (placement?: Placement) =>
  coldTemplate(sampleFunction('report', { deployment: { type: 'cold', memory: '256Mi', ...(placement && { placement }) } }, 'shop'));

test('without a placement keys and templates are what they always were: nothing starts anew on an upgrade', () => {
  const template = {
    key: 'pool:shop/web#f75c6218',
    namespace: 'shop',
    runtime: 'nodejs',
    memoryBytes: 256 * 1024 ** 2,
    owner: { kind: 'PodPool', name: 'web', uid: 'u' },
  };
  expect(poolTemplate(pool())).toEqual(template);
  expect(JSON.stringify(poolTemplate(pool({})))).toBe(JSON.stringify(template));
  expect(cold().key).toBe('cold:shop/report#f75c6218');
});

test('each field of a placement makes another template, of a pool and of a cold function alike', () => {
  const placements: Placement[] = [
    { nodeSelector: { disk: 'ssd' } },
    { nodeSelector: { disk: 'hdd' } },
    { zones: ['a'] },
    { racks: ['a'] },
    { tolerations: [{ operator: 'Exists' }] },
    { runtimeClass: 'gvisor' },
    { runtimeClass: 'kata' },
    { priorityClass: 'gvisor' },
    { spread: 'required' },
  ];
  expect(new Set([pool(), ...placements.map(pool)].map((one) => poolTemplate(one).key)).size).toBe(10);
  expect(new Set([cold(), ...placements.map(cold)].map(({ key }) => key)).size).toBe(10);
});

test('the order of fields, which an API server may change, is no other template', () => {
  const one = poolTemplate(pool({ zones: ['a', 'b'], nodeSelector: { x: '1', y: '2' } }));
  const two = poolTemplate(pool({ nodeSelector: { y: '2', x: '1' }, zones: ['a', 'b'] }));
  expect(JSON.stringify(two)).toBe(JSON.stringify(one));
});

test('all that a container is told makes another template, and no more than that', () => {
  const key = (container: Partial<Container> = {}, spec: Partial<FunctionSpec> = {}) => coldTemplate(sampleContainer('app', container, spec)).key;
  const secret = { env: 'TOKEN', name: 'keys', key: 'token' };
  const others = [
    key({ image: 'shop/app:2' }),
    key({ port: 3000 }),
    key({ command: ['/app'] }),
    key({ args: ['/app'] }),
    key({}, { env: { A: '1' } }),
    key({}, { env: { A: '2' } }),
    key({}, { secrets: [secret] }),
    key({}, { secrets: [{ ...secret, key: 'other' }] }),
  ];
  expect(new Set([key(), ...others]).size).toBe(9);
  expect(key({}, { timeout: '1s', concurrency: 1, bodyLimit: '1Mi', scaling: { ...sampleContainer().spec.scaling, minReplicas: 1 } })).toBe(key());
  expect(key({}, { env: { B: '2', A: '1' } })).toBe(key({}, { env: { A: '1', B: '2' } }));
});

test('a secret stands in for a variable of its name', () => {
  const { container } = coldTemplate(sampleContainer('app', {}, { env: { TOKEN: 'x', A: '1' }, secrets: [{ env: 'TOKEN', name: 'keys', key: 'token' }] }));
  expect(container).toEqual({ image: 'shop/app:1', port: 8080, env: { A: '1' }, secrets: [{ env: 'TOKEN', name: 'keys', key: 'token' }] });
});
