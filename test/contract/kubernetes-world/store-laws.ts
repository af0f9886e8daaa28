import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { API_VERSION } from '../../../protocol/names.ts';
import type { RevisionResource } from '../../../protocol/schema/resources.ts';
import { sampleFunction } from '../../../protocol/schema/sample.ts';
import type { Store, StoreEvent } from '../../../kit/store/store.ts';

export interface StoreWorld {
  readonly store: Store;
  /** A second process on the same objects. */
  readonly other: Store;
  /** Where the test may write; nothing else does. */
  readonly namespace: string;
  close(): Promise<void>;
}

/** What every store keeps, whatever it stands on. */
export function describeStore(name: string, open: () => Promise<StoreWorld>): void {
  describe(`the store on ${name}`, () => {
    let world: StoreWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());
    const fn = (of = 'hello', spec: Parameters<typeof sampleFunction>[1] = {}) => sampleFunction(of, spec, world.namespace);

    it('gives a new object a uid and generation 1, and keeps both where nothing changes', async () => {
      const first = await world.store.apply(fn());
      const second = await world.store.apply(fn());
      expect(first.metadata).toMatchObject({ generation: 1, uid: expect.any(String), creationTimestamp: expect.any(String) });
      expect(second.metadata).toMatchObject({ generation: 1, uid: first.metadata.uid });
    });

    it('raises the generation with the spec, not with labels, and replaces both whole', async () => {
      await world.store.apply({ ...fn('hello', { env: { A: '1', B: '2' } }), metadata: { ...fn().metadata, labels: { a: 'b', c: 'd' } } });
      const labelled = await world.store.apply({ ...fn('hello', { env: { A: '1', B: '2' } }), metadata: { ...fn().metadata, labels: { a: 'b' } } });
      const changed = await world.store.apply(fn('hello', { env: { A: '1' } }));
      expect(labelled.metadata).toMatchObject({ generation: 1, labels: { a: 'b' } });
      expect(labelled.metadata.labels).toEqual({ a: 'b' });
      expect(changed).toMatchObject({ metadata: { generation: 2 }, spec: { env: { A: '1' } } });
      expect(changed.metadata.labels).toBeUndefined();
    });

    it('refuses an invalid object and writes nothing', async () => {
      await expect(world.store.apply(fn('hello', { concurrency: 0 }))).rejects.toMatchObject({ code: 'SPEC_INVALID' });
      expect(await world.store.list('Function')).toEqual([]);
    });

    it('keeps the status beside the spec, and replaces it whole', async () => {
      await world.store.apply(fn());
      await world.store.applyStatus('Function', world.namespace, 'hello', { replicas: 2, readyReplicas: 1 });
      await world.store.applyStatus('Function', world.namespace, 'hello', { replicas: 3 });
      await world.store.apply(fn('hello', { concurrency: 3 }));
      const found = await world.store.get('Function', world.namespace, 'hello');
      expect(found).toMatchObject({ spec: { concurrency: 3 }, metadata: { generation: 2 } });
      expect(found?.status).toEqual({ replicas: 3 });
    });

    it('drops a status for an object that is gone, and takes no offence at removing it', async () => {
      await world.store.applyStatus('Function', world.namespace, 'hello', { replicas: 2 });
      await world.store.remove('Function', world.namespace, 'hello');
      expect(await world.store.get('Function', world.namespace, 'hello')).toBeUndefined();
    });

    it('shows another process’s changes in order: snapshot, change, removal', async () => {
      await world.other.apply(fn('a'));
      const seen: string[] = [];
      const describeEvent = ({ type, object, previous }: StoreEvent<'Function'>) =>
        `${type} ${object.metadata.name} ${previous?.spec.concurrency ?? '-'}→${object.spec.concurrency}`;
      await world.store.watch('Function', {
        onSync: (objects) => seen.push(`sync ${objects.map((o) => o.metadata.name).join()}`),
        onEvent: (event) => seen.push(describeEvent(event)),
      });
      await world.other.apply(fn('b'));
      await vi.waitFor(() => expect(seen).toHaveLength(2), 5_000);
      await world.other.apply(fn('b', { concurrency: 3 }));
      await vi.waitFor(() => expect(seen).toHaveLength(3), 5_000);
      await world.other.remove('Function', world.namespace, 'b');
      await vi.waitFor(() => expect(seen).toEqual(['sync a', 'applied b -→16', 'applied b 16→3', 'deleted b 3→3']), 5_000);
    });

    it('keeps a Revision', async () => {
      const { metadata } = await world.store.apply(fn());
      const revision = sampleRevision(world.namespace, 'hello', metadata.uid ?? '');
      await world.store.apply(revision);
      expect(await world.other.list('Revision')).toMatchObject([{ metadata: { name: 'hello-1' }, spec: revision.spec }]);
    });
  });
}

export function sampleRevision(namespace: string, of: string, functionUid: string): RevisionResource {
  const digest = `sha256:${'0'.repeat(64)}`;
  return {
    apiVersion: API_VERSION,
    kind: 'Revision',
    metadata: { namespace, name: `${of}-1` },
    spec: { function: of, functionUid, generation: 1, template: digest, content: digest, snapshot: sampleFunction().spec },
  };
}
