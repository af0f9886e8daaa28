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
const diff = (...changes: Change[]) => diffParts({ changes, deletions: [] }).flatMap((part) => part.diff);
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
