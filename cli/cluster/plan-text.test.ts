import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../constructs/synth/object.ts';
import type { Change } from './plan.ts';
import { diffParts, renderChanges } from './plan-text.ts';

const PLAIN = { paint: (_: unknown, text: string) => text } as never;
const change = (before: KubernetesObject | undefined, after: KubernetesObject): Change => ({
  action: before ? 'update' : 'create',
  wanted: { id: `${after.kind}/shop/${after.metadata.name}`, path: 'shop', object: after, phase: 'resource', tree: 'functions', deps: [] },
  ...(before && { before }),
  after,
});
const fn = (spec: object, labels = {}): KubernetesObject => ({ apiVersion: 'v1', kind: 'Function', metadata: { name: 'a', labels }, spec });
const secret = (data: object): KubernetesObject => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data });
const diff = (...changes: Change[]) => diffParts({ changes, deletions: [], refusals: [] }).flatMap((part) => part.diff);
const list = (...changes: Change[]) => renderChanges({ changes, deletions: [], kept: [], unchanged: 0, conflicts: [], refusals: [] }, PLAIN);

describe('a plan, as people read it', () => {
  it('is a diff of YAML that does not depend on the order of keys', () => {
    expect(diff(change(fn({ a: 1, b: 2 }), fn({ b: 3, a: 1 })))).toEqual([
      '--- cluster/Function/shop/a',
      '+++ stack/Function/shop/a',
      '@@',
      '   name: a',
      ' spec:',
      '   a: 1',
      '-  b: 2',
      '+  b: 3',
    ]);
  });

  it('shows what has to be replaced with what the API server filled in kept, and leaves other refusals to others', () => {
    const configMap = (data: object): KubernetesObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, immutable: true, data });
    const { wanted } = change(undefined, configMap({ a: '2' }));
    const live = { ...configMap({ a: '1' }), metadata: { name: 'c', uid: 'u', finalizers: ['x'] } };
    const reason = 'data: Forbidden: field is immutable when `immutable` is set';
    const parts = diffParts({
      changes: [],
      deletions: [],
      refusals: [
        { wanted, live, reason },
        { wanted, reason },
        { wanted, live, reason: 'no' },
      ],
    });
    expect(parts).toMatchObject([{ id: 'ConfigMap/shop/c', action: 'update', effects: ['replaced'], fields: ['data.a 1 → 2'] }]);
    expect(parts[0]?.diff.filter((line) => /^[-+] /.test(line))).toEqual(['-  a: "1"', '+  a: "2"']);
  });

  it('never shows the value of a Secret, only whether it changes', () => {
    const lines = diff(change(secret({ same: 'aaa', other: 'bbb' }), secret({ same: 'aaa', other: 'ccc' })), change(undefined, secret({ fresh: 'ddd' })));
    expect(lines.join('\n')).not.toMatch(/aaa|bbb|ccc|ddd/);
    expect(lines.filter((line) => /^[-+] /.test(line))).toContain('+  other: "*** (after)"');
    expect(list(change(secret({ other: 'bbb' }), secret({ other: 'ccc' })))).not.toMatch(/bbb|ccc/);
  });

  it('lists the fields that change, and how many more there are', () => {
    expect(list(change(fn({ timeout: '5s' }), fn({ timeout: '7s' })))).toMatch(/~ Function\/shop\/a {2}spec\.timeout 5s → 7s/);
    expect(list(change(fn({}), fn({ a: 1, b: 2, c: 3, d: 4 })))).toContain('spec.c none → 3, and 1 more');
  });
});
