import { describe, expect, it } from 'vitest';
import type { FunctionResource, RevisionResource } from '../../protocol/schema/resources.ts';
import { otherOwnersOfSpec, ownMetadata } from './field-owners.ts';
import { chooseRevision } from './rollback.ts';

const spec = (timeout: string) => ({ timeout }) as FunctionResource['spec'];
const fn = { metadata: { namespace: 'shop', name: 'cart', uid: 'u' }, spec: spec('3s') } as FunctionResource;
const revision = (generation: number, timeout: string, functionUid = 'u') =>
  ({
    metadata: { name: `cart-0000${generation}`, namespace: 'shop' },
    spec: { function: 'cart', functionUid, generation, snapshot: spec(timeout) },
  }) as RevisionResource;
const ALL = [revision(1, '1s'), revision(3, '3s'), revision(2, '2s'), revision(9, '9s', 'another function of this name')];

describe('which revision is gone back to', () => {
  it.each([
    ['the newest that differs, where none is named', undefined, 'cart-00002'],
    ['the one of the name', 'cart-00001', 'cart-00001'],
    ['the one of the generation', '3', 'cart-00003'],
  ])('%s', (_, wanted, name) => {
    expect(chooseRevision(fn, ALL, wanted).metadata.name).toBe(name);
  });

  it('says which there are', () => {
    expect(() => chooseRevision(fn, ALL, '9')).toThrow(
      'shop/cart has no Revision "9"; there is cart-00003 (generation 3), cart-00002 (generation 2), cart-00001 (generation 1)',
    );
    expect(() => chooseRevision(fn, [revision(3, '3s')], undefined)).toThrow('has no older Revision');
  });
});

describe('whose a function is', () => {
  const object = (...managedFields: object[]) => ({
    apiVersion: 'v1',
    kind: 'Function',
    metadata: { name: 'a', labels: { ours: '1', theirs: '2' }, managedFields },
  });
  const owns = (manager: string, operation: string, subresource?: string) => ({
    manager,
    operation,
    subresource,
    fieldsV1: { 'f:spec': {}, 'f:metadata': { 'f:labels': { 'f:ours': {} } } },
  });
  it.each([
    ['ours alone', [owns('fibonacci', 'Apply')], []],
    ['an operator of git', [owns('fibonacci', 'Apply'), owns('argocd', 'Apply')], ['argocd']],
    ['somebody’s with kubectl', [owns('kubectl-edit', 'Update')], ['kubectl-edit']],
    ['ours, while the scaler writes its status', [owns('fibonacci', 'Apply'), owns('fibonacci-scaler', 'Update', 'status')], []],
  ])('%s', (_, managedFields, others) => {
    expect(otherOwnersOfSpec(object(...managedFields) as never)).toEqual(others);
  });

  it('keeps the labels that we set, and leaves those of others to them', () => {
    expect(ownMetadata(object(owns('fibonacci', 'Apply')) as never)).toEqual({ labels: { ours: '1' } });
  });
});
