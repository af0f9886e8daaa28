import { expect, test } from 'vitest';
import { addressOf, parsePod } from './pods.ts';

const template = { key: 'pool:shop/web#1', namespace: 'shop', runtime: 'nodejs', memoryBytes: 1024, owner: { kind: 'PodPool', name: 'web' } };
const metadata = {
  namespace: 'shop',
  name: 'web-1',
  uid: 'u',
  resourceVersion: '7',
  creationTimestamp: '2026-01-01T00:00:00Z',
  labels: { 'fibonacci.dev/workload': 'web-0a' },
  annotations: { 'fibonacci.dev/instance-template': JSON.stringify(template) },
};
const parse = (status: object, more: object = {}) => parsePod({ metadata: { ...metadata, ...more }, spec: { nodeName: 'a' }, status });
const waiting = (reason: string, message?: string, lastState?: object) => ({
  phase: 'Pending',
  containerStatuses: [{ restartCount: 2, state: { waiting: { reason, ...(message && { message }) } }, ...(lastState && { lastState }) }],
});

test('a ready pod', () => {
  const status = {
    phase: 'Running',
    podIP: '10.1.0.7',
    conditions: [{ type: 'Ready', status: 'True' }],
    containerStatuses: [{ restartCount: 0, state: { running: {} } }],
  };
  expect(parse(status)).toEqual({
    namespace: 'shop',
    name: 'web-1',
    uid: 'u',
    resourceVersion: '7',
    createdAt: Date.UTC(2026, 0, 1),
    workload: 'web-0a',
    template,
    node: 'a',
    ip: '10.1.0.7',
    ready: true,
    restarts: 0,
  });
});

test('what is not ours, or not readable, is left alone', () => {
  expect(parse({}, { annotations: {} })).toBeUndefined();
  expect(parse({}, { annotations: { 'fibonacci.dev/instance-template': '{' } })).toBeUndefined();
});

test.each([
  [
    'no node has room',
    { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/2 nodes: Insufficient memory' }] },
    'Unschedulable: 0/2 nodes: Insufficient memory',
  ],
  ['the image is missing', waiting('ErrImagePull', 'not found'), 'ErrImagePull: not found'],
  [
    'it crashes',
    waiting('CrashLoopBackOff', 'back-off 10s', { terminated: { exitCode: 137, reason: 'OOMKilled' } }),
    'CrashLoopBackOff: its container ended: OOMKilled',
  ],
  [
    'it refuses its configuration',
    waiting('CrashLoopBackOff', 'back-off', { terminated: { exitCode: 78, reason: 'Error' } }),
    'CrashLoopBackOff: its container exited with code 78',
  ],
  ['it is only being made', waiting('ContainerCreating'), undefined],
])('why it does not come up: %s', (_, status, problem) => {
  expect(parse(status)?.problem).toBe(problem);
});

test('a pod that its node evicted has finished', () => {
  expect(parse({ phase: 'Failed', reason: 'Evicted', message: 'disk' })?.finished).toBe('Evicted: disk');
});

test('addresses of both families', () => {
  expect([addressOf('10.1.0.7', 8080), addressOf('fd00::7', 8080)]).toEqual(['10.1.0.7:8080', '[fd00::7]:8080']);
});
