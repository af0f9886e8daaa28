import { expect, test } from 'vitest';
import { API_VERSION } from '../../protocol/names.ts';
import type { Placement } from '../../protocol/schema/placement.ts';
import { sampleFunction } from '../../protocol/schema/sample.ts';
import { type KnownRevision, resolveRevision, type RevisionWorld } from './resolve-revision.ts';

const worldOf = (placement?: Placement): RevisionWorld => ({
  pool: (namespace, name) => ({
    apiVersion: API_VERSION,
    kind: 'PodPool',
    metadata: { namespace, name },
    spec: { runtime: 'nodejs', min: 1, max: 2, memory: '256Mi', ...(placement && { placement }) },
  }),
  secrets: { value: () => '' },
  digestSecret: () => '',
});
const hot = sampleFunction('hello', { deployment: { type: 'hot', pool: 'web' } });
const cold = (placement?: Placement) => sampleFunction('hello', { deployment: { type: 'cold', memory: '256Mi', ...(placement && { placement }) } });
const ZONES: Placement = { zones: ['a'] };

/** The newest revision, as it is known afterwards. */
const known = ({ generation, template, content }: ReturnType<typeof resolveRevision>): KnownRevision => ({ number: generation, template, content });

test('a pool’s other placement is a new revision of its functions, whose instances come from the pool’s new ones', () => {
  const before = resolveRevision(hot, undefined, worldOf());
  const after = resolveRevision(hot, known(before), worldOf(ZONES));
  expect([before.generation, after.generation]).toEqual([1, 2]);
  expect(after.instanceTemplate).toMatchObject({ placement: ZONES });
  expect(after.instanceTemplate.key).not.toBe(before.instanceTemplate.key);
  expect(after.content).toBe(before.content);
});

test('a cold function’s other placement is a new revision; the same one again is none', () => {
  const before = resolveRevision(cold(), undefined, worldOf());
  const after = resolveRevision(cold(ZONES), known(before), worldOf());
  expect([after.generation, resolveRevision(cold(ZONES), known(after), worldOf()).generation]).toEqual([2, 2]);
});

test('without a placement templates have the digests that they always had: an upgrade makes no revision', () => {
  expect(resolveRevision(hot, undefined, worldOf()).template).toBe('sha256:03ec0f49e9795bf4f99e8d18c2b0dfa1e62ffd2033fb9a0f18e89726460b2e10');
  expect(resolveRevision(cold(), undefined, worldOf()).template).toBe('sha256:ef25928e3fcdc89676c27214705b709cc8cbf97a0a403ed166d979c67942790c');
});
