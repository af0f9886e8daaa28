import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Chart, App, ApiObject, type ApiObjectProps } from 'cdk8s';
import { synthesizeApp } from '../../../constructs/synth/synthesize.ts';
import { createKubernetesClient, type KubernetesClient, PATCH_TYPES, resourcePath } from '../../../kit/kubernetes/client.ts';
import { API_GROUP } from '../../../protocol/names.ts';
import type { ManifestArgs } from '../../../stacks/index.ts';
import { clusterFolders } from '../machine/folders.ts';
import { createEngine, type Engine } from './engine.ts';

/** The test cluster and Pulumi's engine, for programs whose namespaces nobody else has. */
export interface PulumiWorld {
  readonly engine: Engine;
  readonly client: KubernetesClient;
  /** A namespace that goes at the end. */
  namespace(): Promise<string>;
  /** The name of a namespace that a program makes. */
  namespaceName(): string;
  /** An object of the cluster, or a list of them. @throws KubernetesError */
  read<T>(plural: Plural, namespace?: string, name?: string): Promise<T>;
  /** Names of all objects of a kind with what changes when one does. */
  versions(plural: Plural, namespace: string): Promise<Readonly<Record<string, string>>>;
  /** Makes a ConfigMap, as somebody else would. */
  create(object: ReturnType<typeof configMap>): Promise<void>;
  /** Deletes a ConfigMap, as somebody else would. */
  remove(object: ReturnType<typeof configMap>): Promise<void>;
  /** Merges something, as somebody else would, into an object. @param subresource `status`, `scale` */
  merge(change: object, plural: Plural, namespace: string, name: string, subresource?: string): Promise<void>;
  close(): Promise<void>;
}

/** Field manager of what the world does. */
export const OTHERS = 'their-tool';
/** Kinds that the tests look at. */
type Plural = keyof typeof GROUPS;
const GROUPS = { configmaps: '', deployments: 'apps', functions: API_GROUP, namespaces: '', secrets: '', triggers: API_GROUP } as const;

export async function createPulumiWorld(): Promise<PulumiWorld> {
  const { kubeconfig, bin, root } = clusterFolders();
  const kubectl = (...args: string[]) => execFileSync(join(bin, 'kubectl'), ['--kubeconfig', kubeconfig, ...args], { encoding: 'utf8', stdio: 'pipe' });
  // The platform brings them; where no other test has deployed one, they come from the reference.
  if (!kubectl('get', 'crd', '-o', 'name').includes('functions.fibonacci.dev')) kubectl('apply', '--server-side', '-f', join(root, 'docs/reference/crds'));
  kubectl('wait', '--for=condition=Established', 'crd/functions.fibonacci.dev', '--timeout=30s');
  const [engine, client] = await Promise.all([createEngine(), createKubernetesClient({ kubeconfig })]);
  const namespaces: string[] = [];
  const namespaceName = () => {
    const name = `pulumi-${randomBytes(3).toString('hex')}`;
    namespaces.push(name);
    return name;
  };
  return {
    engine,
    client,
    namespaceName,
    async namespace() {
      const name = namespaceName();
      await client.request('POST', resourcePath({ version: 'v1', plural: 'namespaces' }), { body: { metadata: { name } } });
      return name;
    },
    read: (...place) => client.request('GET', pathOf(...place)),
    async versions(plural, namespace) {
      interface Listed {
        readonly items: readonly { readonly metadata: { readonly name: string; readonly resourceVersion: string } }[];
      }
      const { items } = await client.request<Listed>('GET', pathOf(plural, namespace));
      return Object.fromEntries(items.map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
    },
    async create(object) {
      await client.request('POST', pathOf('configmaps', object.metadata.namespace), { query: { fieldManager: OTHERS }, body: object });
    },
    async remove({ metadata }) {
      await client.request('DELETE', pathOf('configmaps', metadata.namespace, metadata.name));
    },
    async merge(body, ...place) {
      await client.request('PATCH', pathOf(...place), { query: { fieldManager: OTHERS }, body, contentType: PATCH_TYPES.merge });
    },
    async close() {
      kubectl('delete', 'namespace', ...namespaces, '--wait=false', '--ignore-not-found');
      await client.close();
      await engine.close();
    },
  };
}

function pathOf(plural: Plural, namespace = '', name = '', subresource = ''): string {
  const group = GROUPS[plural];
  return resourcePath({
    group,
    version: group === API_GROUP ? 'v1alpha1' : 'v1',
    plural,
    namespace: plural === 'namespaces' ? '' : namespace,
    name: name || (plural === 'namespaces' ? namespace : ''),
    subresource,
  });
}

/** What a ManifestComponent takes, from objects as they are. */
export function manifestOf(...objects: readonly ApiObjectProps[]): ManifestArgs {
  const app = new App();
  const chart = new Chart(app, 'objects');
  for (const [index, object] of objects.entries()) new ApiObject(chart, `object-${index}`, object);
  return { objects: synthesizeApp(app).objects };
}

export const namespaceObject = (name: string) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

export const configMap = (namespace: string, data: Record<string, unknown>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'settings', namespace },
  data,
});
