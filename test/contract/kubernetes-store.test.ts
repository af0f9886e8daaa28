import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLog } from '../../kit/log.ts';
import { createFileStore } from '../../kit/store/files.ts';
import { createKubernetesStore, type KubernetesStore } from '../../kit/store/kubernetes.ts';
import { sampleFunction } from '../../protocol/schema/sample.ts';
import { type FakeApi, startFakeApi } from './kubernetes-world/fake-api.ts';
import { describeStore, sampleRevision } from './kubernetes-world/store-laws.ts';

const functions = (namespace: string) => `/apis/fibonacci.dev/v1alpha1/namespaces/${namespace}/functions`;

describeStore('watched files', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'fib-store-'));
  const [store, other] = [await createFileStore(dir), await createFileStore(dir)];
  return {
    store,
    other,
    namespace: 'default',
    async close() {
      await Promise.all([store.close(), other.close()]);
      await rm(dir, { recursive: true });
    },
  };
});

describeStore('an API server', async () => {
  const api = await startFakeApi();
  const open = () => createKubernetesStore({ client: api.client, namespaces: ['default', 'more'], log: silentLog });
  const [store, other] = [open(), open()];
  return {
    store,
    other,
    namespace: 'default',
    async close() {
      await Promise.all([store.close(), other.close()]);
      await api.close();
    },
  };
});

describe('the store on Kubernetes', () => {
  let api: FakeApi;
  let store: KubernetesStore;
  beforeEach(async () => {
    api = await startFakeApi();
    store = createKubernetesStore({ client: api.client, namespaces: ['default', 'more'], log: silentLog });
  });
  afterEach(async () => {
    await store.close();
    await api.close();
  });
  const put = (namespace: string, name: string, spec: object = sampleFunction().spec, metadata: object = {}) =>
    api.objects.put(functions(namespace), { metadata: { name, namespace, ...metadata }, spec });

  it('shows several namespaces as one, in one snapshot', async () => {
    put('default', 'a');
    put('more', 'b');
    put('elsewhere', 'c');
    const seen: string[] = [];
    await store.watch('Function', {
      onSync: (objects) =>
        seen.push(
          objects
            .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
            .sort()
            .join(),
        ),
      onEvent: ({ object }) => seen.push(object.metadata.name),
    });
    await vi.waitFor(() => expect(store.connected).toBe(true));
    put('more', 'd');
    await vi.waitFor(() => expect(seen).toEqual(['default/a,more/b', 'd']));
  });

  it('asks the API server once for all who watch a kind, and whoever comes later is told what is there', async () => {
    put('default', 'a');
    put('default', 'wrong', { runtime: 'ruby' });
    const seen: string[] = [];
    const watch = (who: string) =>
      store.watch('Function', {
        onSync: (objects) => seen.push(`${who} sync ${objects.map(({ metadata }) => metadata.name).join()}`),
        onEvent: ({ object }) => seen.push(`${who} ${object.metadata.name}`),
        onInvalid: ({ source }) => seen.push(`${who} ${source}`),
      });
    const first = await watch('first');
    await vi.waitFor(() => expect(store.connected).toBe(true));
    put('more', 'b');
    await vi.waitFor(() => expect(seen).toContain('first b'));
    await watch('second');
    await first.close();
    put('more', 'c');
    await vi.waitFor(() => expect(seen).toContain('second c'));
    expect(seen).toEqual(['first Function default/wrong', 'first sync a', 'first b', 'second Function default/wrong', 'second sync a,b', 'second c']);
    expect(api.requests.filter((request) => request.includes('watch=true'))).toHaveLength(2);
  });

  it('fails the watch of who cannot take what there is, and nobody else’s', async () => {
    put('default', 'a');
    const seen: string[] = [];
    const well = {
      onSync: (objects: readonly { metadata: { name: string } }[]) => seen.push(...objects.map(({ metadata }) => metadata.name)),
      onEvent: () => undefined,
    };
    const defective = {
      onSync() {
        throw new TypeError('of the test');
      },
      onEvent: () => undefined,
    };
    const outcomes = await Promise.allSettled([store.watch('Function', well), store.watch('Function', defective)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await expect(store.watch('Function', defective)).rejects.toThrow('of the test');
    expect(seen).toEqual(['a']);
  });

  it('begins to list what will be asked for, once', async () => {
    put('default', 'a');
    const early = createKubernetesStore({ client: api.client, namespaces: ['default'], listAhead: ['Function'], log: silentLog });
    await vi.waitFor(() => expect(api.requests.filter((request) => request.startsWith('GET'))).toHaveLength(1));
    expect(await early.list('Function')).toHaveLength(1);
    expect(api.requests).toHaveLength(1);
    put('default', 'b');
    expect(await early.list('Function')).toHaveLength(2);
    await early.close();
  });

  it('keeps of an object’s metadata what the protocol knows', async () => {
    const annotations = { 'kubectl.kubernetes.io/last-applied-configuration': '{}', note: 'kept' };
    put('default', 'a', undefined, { annotations, ownerReferences: [{}], selfLink: 'x' });
    const { metadata } = (await store.list('Function'))[0] ?? {};
    expect(metadata?.annotations).toEqual({ note: 'kept' });
    expect(Object.keys(metadata ?? {}).sort()).toEqual(['annotations', 'creationTimestamp', 'generation', 'name', 'namespace', 'resourceVersion', 'uid']);
  });

  it('tells of an invalid object once a version, leaves the old one in place, and goes on', async () => {
    put('default', 'a');
    put('default', 'wrong', { runtime: 'ruby' });
    const problems: string[] = [];
    const events: string[] = [];
    await store.watch('Function', {
      onSync: (objects) => events.push(`sync ${objects.length}`),
      onEvent: ({ type, object, previous }) => events.push(`${type} ${object.metadata.name} ${previous?.spec.concurrency}→${object.spec.concurrency}`),
      onInvalid: ({ source }) => problems.push(source),
    });
    await vi.waitFor(() => expect(store.connected).toBe(true));
    put('default', 'a', { ...sampleFunction().spec, concurrency: 'many' });
    put('default', 'a', { ...sampleFunction().spec, concurrency: 3 });
    await vi.waitFor(() => expect(events).toEqual(['sync 1', 'applied a 16→3']));
    expect(problems).toEqual(['Function default/wrong', 'Function default/a']);
    expect(await store.list('Function')).toHaveLength(1);
  });

  it('a Revision names its Function as its owner', async () => {
    await store.apply(sampleRevision('default', 'hello', 'the-uid'));
    const [revision] = api.objects.all(functions('default').replace('functions', 'revisions'));
    expect(revision?.metadata['ownerReferences']).toEqual([
      { apiVersion: 'fibonacci.dev/v1alpha1', kind: 'Function', name: 'hello', uid: 'the-uid', controller: true, blockOwnerDeletion: false },
    ]);
  });

  it('writes as fibonacci-scaler, and its status by the subresource', async () => {
    await store.apply(sampleFunction());
    await store.applyStatus('Function', 'default', 'hello', { replicas: 1 });
    expect(api.requests).toEqual([
      `PATCH ${functions('default')}/hello?fieldManager=fibonacci-scaler&force=true&fieldValidation=Strict`,
      `PATCH ${functions('default')}/hello/status?fieldManager=fibonacci-scaler&force=true&fieldValidation=Strict`,
    ]);
  });

  it('says so while a watch is interrupted', async () => {
    await store.watch('Function', { onSync() {}, onEvent() {} });
    await vi.waitFor(() => expect(store.connected).toBe(true));
    api.answerNext(/watch=true/, (request) => request.socket.destroy(), 1);
    api.disturb('reset');
    await vi.waitFor(() => expect(store.connected).toBe(false));
    await vi.waitFor(() => expect(store.connected).toBe(true));
    expect(store.silentMs()).toBeGreaterThan(0);
  });
});
