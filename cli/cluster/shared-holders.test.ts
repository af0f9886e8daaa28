import { describe, expect, it } from 'vitest';
import { planSharedHolders } from './shared-holders.ts';

const holder = (kind: string, foreign: number) => ({ object: { apiVersion: 'v1', kind, metadata: { name: 'one' } }, foreign });

describe('a CRD or namespace that the platform brings', () => {
  it.each([
    ['stays where nobody asked', 0, false, /others may use it; --purge/],
    ['stays while others have something in it, even when purging', 3, true, /3 objects of others would go with it/],
    ['goes when purging and nobody else has anything', 0, true, undefined],
  ])('%s', (_, foreign, purge, reason) => {
    const { deletions, kept } = planSharedHolders([holder('CustomResourceDefinition', foreign)], purge);
    expect(deletions).toHaveLength(reason ? 0 : 1);
    if (reason) expect(kept[0]?.reason).toMatch(reason);
  });

  it('goes after namespaces, which cannot end without it', () => {
    const { deletions } = planSharedHolders([holder('CustomResourceDefinition', 0), holder('Namespace', 0)], true);
    expect(deletions.map(({ object }) => object.kind)).toEqual(['Namespace', 'CustomResourceDefinition']);
  });
});
