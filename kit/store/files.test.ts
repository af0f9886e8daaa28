import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sampleFunction } from '../../protocol/schema/sample.ts';
import { createFileStore } from './files.ts';
import type { Store, StoreEvent } from './store.ts';

let dir: string;
let store: Store;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fib-store-'));
  store = await createFileStore(dir);
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

describe('file store', () => {
  it('gives a new object a uid and generation 1, and keeps both where nothing changes', async () => {
    const first = await store.apply(sampleFunction());
    const second = await store.apply(sampleFunction());
    expect(first.metadata).toMatchObject({ generation: 1, uid: expect.any(String), creationTimestamp: expect.any(String) });
    expect(second).toEqual(first);
  });

  it('raises the generation with the spec, not with labels', async () => {
    const first = await store.apply(sampleFunction());
    const labelled = await store.apply({ ...first, metadata: { ...first.metadata, labels: { a: 'b' } } });
    const changed = await store.apply(sampleFunction('hello', { concurrency: 3 }));
    expect([labelled.metadata.generation, changed.metadata.generation]).toEqual([1, 2]);
    expect(changed.metadata.uid).toBe(first.metadata.uid);
  });

  it('refuses an invalid object and writes nothing', async () => {
    await expect(store.apply(sampleFunction('hello', { concurrency: 0 }))).rejects.toMatchObject({ code: 'SPEC_INVALID' });
    expect(await store.list('Function')).toEqual([]);
  });

  it('keeps the status beside the spec', async () => {
    await store.apply(sampleFunction());
    await store.applyStatus('Function', 'default', 'hello', { replicas: 2 });
    await store.apply(sampleFunction('hello', { concurrency: 3 }));
    expect(await store.get('Function', 'default', 'hello')).toMatchObject({ spec: { concurrency: 3 }, status: { replicas: 2 } });
  });

  it('drops a status for an object that is gone', async () => {
    await store.applyStatus('Function', 'default', 'hello', { replicas: 2 });
    expect(await store.get('Function', 'default', 'hello')).toBeUndefined();
  });

  it('shows another process’s changes in order: snapshot, change, removal', async () => {
    const other = await createFileStore(dir);
    await other.apply(sampleFunction('a'));
    const seen: string[] = [];
    const describeEvent = ({ type, object, previous }: StoreEvent<'Function'>) =>
      `${type} ${object.metadata.name} ${previous?.spec.concurrency ?? '-'}→${object.spec.concurrency}`;
    await store.watch('Function', {
      onSync: (objects) => seen.push(`sync ${objects.map((o) => o.metadata.name).join()}`),
      onEvent: (event) => seen.push(describeEvent(event)),
    });
    await other.apply(sampleFunction('b'));
    await vi.waitFor(() => expect(seen).toHaveLength(2));
    await other.apply(sampleFunction('b', { concurrency: 3 }));
    await vi.waitFor(() => expect(seen).toHaveLength(3));
    await other.remove('Function', 'default', 'b');
    await vi.waitFor(() => expect(seen).toEqual(['sync a', 'applied b -→16', 'applied b 16→3', 'deleted b 3→3']));
    await other.close();
  });

  it('leaves the old object in place where a file is no longer valid, and says so once', async () => {
    await store.apply(sampleFunction());
    const problems: string[] = [];
    const events: string[] = [];
    await store.watch('Function', { onSync() {}, onEvent: (event) => events.push(event.type), onInvalid: ({ message }) => problems.push(message) });
    await writeFile(join(dir, 'Function', 'default.hello.json'), '{"kind":"Function"');
    await vi.waitFor(() => expect(problems).toHaveLength(1));
    expect(events).toEqual([]);
  });
});
