import { expect, test } from 'vitest';
import { sampleContainer, sampleFunction } from '../../protocol/schema/sample.ts';
import { contentDigest, revisionName, revisionNumber, revisionsToPrune, templateDigest } from './revision.ts';

const { spec } = sampleFunction('hello', { env: { A: '1', B: '2' }, deployment: { type: 'hot', pool: 'web' } });

test.each([
  { change: 'code', next: { ...spec, package: { digest: `sha256:${'b'.repeat(64)}`, size: 1 } } },
  { change: 'handler', next: { ...spec, handler: 'index.other' } },
  { change: 'an environment variable', next: { ...spec, env: { A: '1', B: '3' } } },
  { change: 'timeout', next: { ...spec, timeout: '10s' } },
  { change: 'concurrency', next: { ...spec, concurrency: 1 } },
  { change: 'mode', next: { ...spec, mode: 'process' as const } },
])('a changed $change is new content', ({ next }) => {
  expect(contentDigest(next, {})).not.toBe(contentDigest(spec, {}));
});

test('a changed secret value is new content, by its digest', () => {
  expect(contentDigest(spec, { KEY: 'sha256:1' })).not.toBe(contentDigest(spec, { KEY: 'sha256:2' }));
});

test.each([
  { change: 'scaling', next: { ...spec, scaling: { ...spec.scaling, maxReplicas: 3 } } },
  { change: 'the gateway’s waiting', next: { ...spec, queueLimit: 5, activationTimeout: '1s', retry: 'safe' as const } },
  { change: 'the order of variables', next: { ...spec, env: { B: '2', A: '1' } } },
])('$change is not content', ({ next }) => {
  expect(contentDigest(next, {})).toBe(contentDigest(spec, {}));
});

test.each([
  { change: 'timeout', next: { timeout: '10s' }, differs: true },
  { change: 'concurrency', next: { concurrency: 1 }, differs: true },
  { change: 'body limit', next: { bodyLimit: '1Mi' }, differs: true },
  { change: 'variables', next: { env: { A: '2' } }, differs: false },
  { change: 'image', next: { container: { image: 'shop/app:2', port: 8080 } }, differs: false },
])('a running container is held to another $change: $differs; the rest is its template', ({ next, differs }) => {
  const app = sampleContainer('app', {}, { env: { A: '1' } }).spec;
  expect(contentDigest({ ...app, ...next }, {}) !== contentDigest(app, {})).toBe(differs);
});

test('memory, runtime, placement and pool make another template', () => {
  const parts = { runtime: 'nodejs' as const, memoryBytes: 1, pool: 'default/web' };
  const digests = [
    parts,
    { ...parts, memoryBytes: 2 },
    { ...parts, runtime: 'python' as const },
    { ...parts, pool: 'default/other' },
    { ...parts, placement: { zones: ['a'] } },
    { runtime: 'nodejs' as const, memoryBytes: 1 },
  ].map(templateDigest);
  expect(new Set(digests).size).toBe(6);
});

test('revisions are numbered, also past the width of the name, and the newest ten stay', () => {
  expect(revisionName('hello', 7)).toBe('hello-00007');
  expect(revisionNumber(revisionName('hello-2', 123_456))).toBe(123_456);
  const names = Array.from({ length: 12 }, (_, index) => revisionName('hello', 99_995 + index));
  expect(revisionsToPrune(names)).toEqual(['hello-99996', 'hello-99995']);
});
