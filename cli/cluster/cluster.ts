import { closest } from 'fastest-levenshtein';
import type { KubernetesObject } from '../../constructs/synth/object.ts';
import { serverSideApply } from '../../kit/kubernetes/apply.ts';
import { createClient, type KubernetesClient, KubernetesError, resourcePath } from '../../kit/kubernetes/client.ts';
import type { Credentials } from '../../kit/kubernetes/credentials.ts';
import { inClusterCredentials } from '../../kit/kubernetes/in-cluster.ts';
import { kubeconfigCredentials } from '../../kit/kubernetes/kubeconfig.ts';
import { listAll } from '../../kit/kubernetes/list.ts';
import { PlatformError } from '../../protocol/errors.ts';
import { toClusterError } from './cluster-failure.ts';
import { type ClusterObject, FIELD_MANAGER } from './cluster-object.ts';
import type { ClusterOptions } from './cluster-options.ts';
import { createDiscovery, type Discovery, type ResourceType } from './discovery.ts';
import { findKubeconfig, type KubeconfigChoice } from './kubeconfig.ts';

export interface Place {
  readonly namespace?: string | undefined;
  readonly name?: string;
  readonly subresource?: string;
}

export interface Selectors {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export interface ApplyOptions {
  /** Nothing is stored; the answer is what would be. */
  readonly dryRun?: boolean;
  /** Takes fields over from other managers. */
  readonly force?: boolean;
}

/** An API server, as the commands use it. What is not about an object is thrown as CLUSTER_UNREACHABLE or CLUSTER_FORBIDDEN, all else as KubernetesError. */
export interface Cluster {
  readonly client: KubernetesClient;
  /** For what is no REST: a port-forward. */
  readonly credentials: Credentials;
  /** Name of the context; `in-cluster` in a pod. */
  readonly context: string;
  /** The context's own namespace. */
  readonly namespace: string;
  readonly discovery: Discovery;
  /** Undefined where it is not there. */
  get<T = ClusterObject>(type: ResourceType, place: Place): Promise<T | undefined>;
  /** All objects; without a namespace of the whole cluster. */
  list<T = ClusterObject>(type: ResourceType, namespace?: string, selectors?: Selectors): Promise<T[]>;
  /** Server-side apply with the field manager `fibonacci`. */
  apply(type: ResourceType, object: KubernetesObject, options?: ApplyOptions): Promise<ClusterObject>;
  /** Deletes in the background; nothing where it is gone already. */
  remove(type: ResourceType, object: ClusterObject): Promise<void>;
  close(): Promise<void>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const TIMEOUT_MS = 30_000;

/** @throws PlatformError KUBECONFIG_INVALID */
export async function connectCluster(options: ClusterOptions, env: Environment): Promise<Cluster> {
  const kubeconfig = await findKubeconfig(options, env);
  const inPod = kubeconfig === undefined && options.kubeconfig === undefined && env['KUBERNETES_SERVICE_HOST'] !== undefined;
  if (!inPod) checkChoice(kubeconfig, options, env);
  try {
    const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
    const credentials = kubeconfig
      ? await kubeconfigCredentials({ files: kubeconfig.files, context: kubeconfig.context, env })
      : await inClusterCredentials({ ...(host && { host }), ...(port && { port }) });
    return createCluster(createClient(credentials, TIMEOUT_MS), credentials, kubeconfig?.context ?? 'in-cluster');
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'CONFIG_INVALID') throw new PlatformError('KUBECONFIG_INVALID', error.message, { cause: error });
    throw error;
  }
}

function checkChoice(kubeconfig: KubeconfigChoice | undefined, { kubeconfig: named }: ClusterOptions, env: Environment): void {
  if (kubeconfig === undefined) {
    const looked = named ?? env['KUBECONFIG'] ?? '~/.kube/config';
    throw new PlatformError('KUBECONFIG_INVALID', `there is no kubeconfig at ${looked}: pass --kubeconfig <file>, or set KUBECONFIG`);
  }
  const { files, context, contexts } = kubeconfig;
  if (context === '') throw new PlatformError('KUBECONFIG_INVALID', `${files} has no current context: pass --context <name> (${contexts.join(', ')})`);
  if (contexts.includes(context)) return;
  const hint = contexts.length > 0 ? `did you mean ${closest(context, [...contexts])}? It has ${contexts.join(', ')}` : 'it has none at all';
  throw new PlatformError('KUBECONFIG_INVALID', `${files} has no context "${context}": ${hint}`, { details: { context, contexts } });
}

function createCluster(client: KubernetesClient, credentials: Credentials, context: string): Cluster {
  const guarded = async <T>(verb: string, type: ResourceType, place: Place, answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      const resource = type.group === '' ? type.plural : `${type.plural}.${type.group}`;
      throw toClusterError(error, { verb, resource, namespace: type.namespaced ? place.namespace : undefined, context });
    }
  };
  const discovery = createDiscovery(async (path) => {
    try {
      return await client.request('GET', path);
    } catch (error) {
      throw toClusterError(error, { verb: 'get', resource: path, context });
    }
  });
  return {
    client,
    credentials,
    context,
    namespace: client.namespace ?? 'default',
    discovery,
    get: (type, place) => orAbsent(guarded('get', type, place, client.request('GET', pathOf(type, place)))),
    async list<T>(type: ResourceType, namespace?: string, selectors: Selectors = {}) {
      // A kind whose CRD is just going is still announced for a moment, and answers 404.
      const found = await orAbsent(guarded('list', type, { namespace }, listAll<T>(client, pathOf(type, { namespace }), selectors)));
      // Members of a list do not say what they are.
      return (found ?? []).map((item) => ({ apiVersion: apiVersionOf(type), kind: type.kind, ...item }));
    },
    apply(type, object, { dryRun = false, force = false } = {}) {
      const { name, namespace } = object.metadata;
      const answer = serverSideApply<ClusterObject>(client, pathOf(type, { name, namespace }), object, { fieldManager: FIELD_MANAGER, dryRun, force });
      return guarded('patch', type, { namespace }, answer);
    },
    async remove(type, { metadata: { name, namespace, uid } }) {
      const body = { propagationPolicy: 'Background', ...(uid !== undefined && { preconditions: { uid } }) };
      await orAbsent(guarded('delete', type, { namespace }, client.request('DELETE', pathOf(type, { name, namespace }), { body })));
    },
    close: () => client.close(),
  };
}

export function apiVersionOf({ group, version }: ResourceType): string {
  return group === '' ? version : `${group}/${version}`;
}

export function pathOf({ group, version, plural, namespaced }: ResourceType, { namespace, name, subresource }: Place): string {
  return resourcePath({
    ...(group !== '' && { group }),
    version,
    plural,
    ...(namespaced && namespace !== undefined && { namespace }),
    ...(name !== undefined && { name }),
    ...(subresource !== undefined && { subresource }),
  });
}

async function orAbsent<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof KubernetesError && error.status === 404) return undefined;
    throw error;
  }
}
