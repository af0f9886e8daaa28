import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClient, createKubernetesClient, type KubernetesClient, resourcePath } from '../../kit/kubernetes/client.ts';
import { kubeconfigCredentials } from '../../kit/kubernetes/kubeconfig.ts';
import { watchResources, type ResourceWatch } from '../../kit/kubernetes/list-watch.ts';
import { silentLog } from '../../kit/log.ts';
import { clusterFolders } from './machine/folders.ts';
import { layLine, type Line } from './store-world/line.ts';

const { kubeconfig } = clusterFolders();
const namespace = `line-${randomBytes(3).toString('hex')}`;
const path = resourcePath({ version: 'v1', plural: 'configmaps', namespace });

interface ConfigMap {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string };
}

let direct: KubernetesClient;
let line: Line;
let client: KubernetesClient;
let watch: ResourceWatch;
let seen: string[];
let states: boolean[];

beforeAll(async () => {
  direct = await createKubernetesClient({ kubeconfig });
  await direct.request('POST', resourcePath({ version: 'v1', plural: 'namespaces' }), { body: { metadata: { name: namespace } } });
});
afterAll(async () => {
  await direct.request('DELETE', resourcePath({ version: 'v1', plural: 'namespaces', name: namespace }));
  await direct.close();
});
beforeEach(async () => {
  const credentials = await kubeconfigCredentials({ files: kubeconfig, env: {} });
  line = await layLine(credentials.server);
  client = createClient({ ...credentials, server: line.server }, 5_000);
  seen = [];
  states = [];
  watch = watchResources<ConfigMap>({
    client,
    path,
    labelSelector: 'test=line',
    log: silentLog,
    silenceMs: 3_000,
    onSync: (items) => seen.push(`sync ${items.length}`),
    onEvent: ({ type, object }) => seen.push(`${type} ${object.metadata.name}`),
    onState: ({ connected }) => states.push(connected),
  });
  await vi.waitFor(() => expect(states).toEqual([true]), 10_000);
});
afterEach(async () => {
  await watch.close();
  await client.close();
  await line.close();
  await direct.request('DELETE', path, { query: { labelSelector: 'test=line' } });
});

const make = (name: string) => direct.request('POST', path, { body: { metadata: { name, labels: { test: 'line' } } } });
const remove = (name: string) => direct.request('DELETE', `${path}/${name}`);

describe('a watch of a real API server', () => {
  it('tells what happened while its line was cut, once and in order', async () => {
    await make('before');
    await vi.waitFor(() => expect(seen).toEqual(['sync 0', 'applied before']), 5_000);
    line.cut();
    await vi.waitFor(() => expect(states).toEqual([true, false]), 2_000);
    await make('a');
    await make('b');
    await remove('a');
    await sleep(2_000);
    line.mend();
    await vi.waitFor(() => expect(states).toEqual([true, false, true]), 15_000);
    await make('after');
    await vi.waitFor(() => expect(seen.at(-1)).toBe('applied after'), 5_000);
    expect(seen).toEqual(['sync 0', 'applied before', 'applied a', 'applied b', 'deleted a', 'applied after']);
  });

  it('notices a line that went dead without a word', async () => {
    line.freeze();
    await make('unheard');
    await vi.waitFor(() => expect(states).toEqual([true, false]), 8_000);
    line.mend();
    await vi.waitFor(() => expect(seen).toEqual(['sync 0', 'applied unheard']), 15_000);
    expect(states).toEqual([true, false, true]);
  });
});
