import { PlatformError } from '../../protocol/errors.ts';
import { API_VERSION } from '../../protocol/names.ts';
import type { AnyResource, KindName, ResourceOf } from '../../protocol/schema/resources.ts';
import { parseResource } from '../../protocol/schema/validate.ts';
import { serverSideApply } from '../kubernetes/apply.ts';
import { type KubernetesClient, KubernetesError } from '../kubernetes/client.ts';
import { listPages } from '../kubernetes/list.ts';
import type { Log } from '../log.ts';
import { kindPath, parseObject, renderObject } from './kubernetes-object.ts';
import { createSharing } from '../sharing.ts';
import type { Store, StoreWatch } from './store.ts';
import { type KindWatch, watchKindInCluster } from './watch-kubernetes.ts';

/** Whose fields server-side apply writes. */
const FIELD_MANAGER = 'fibonacci-scaler';

export interface KubernetesStoreOptions {
  readonly client: KubernetesClient;
  /** Where Functions live; all else is not looked at. */
  readonly namespaces: readonly string[];
  /** Kinds that will be watched: they are listed from now on, all at once, and whoever watches them finds them there. @default [] */
  readonly ahead?: readonly KindName[];
  /** Kinds that will be listed: the first list of each is begun now. @default [] */
  readonly listAhead?: readonly KindName[];
  /** What watches hold and tell of an object, where that is less than all of it. @default all of it */
  readonly reduce?: (object: AnyResource) => AnyResource;
  readonly log: Log;
}

export interface KubernetesStore extends Store {
  /** Every watch runs; false from the moment one is interrupted until it runs again. */
  readonly connected: boolean;
  /** Milliseconds since the watch that was silent for longest heard anything; 0 without a watch. */
  silentMs(): number;
}

/**
 * Resources on the Kubernetes API. Objects are reduced to what the protocol knows and checked as they come; uid, generation and version are the API server's.
 * `apply` and `applyStatus` are server-side applies: they set exactly what they are given and take it from whoever had it.
 */
export function createKubernetesStore({ client, namespaces, ahead = [], listAhead = [], reduce, log }: KubernetesStoreOptions): KubernetesStore {
  const watches = new Map<KindName, KindWatch<KindName>>();
  const share = createSharing();
  /** The same one for all who watch the kind. */
  const watchOf = <K extends KindName>(kind: K): KindWatch<K> => {
    const known = watches.get(kind) ?? watchKindInCluster<KindName>({ client, namespaces, kind, share, ...(reduce && { reduce }), log });
    watches.set(kind, known);
    return known as unknown as KindWatch<K>;
  };
  ahead.forEach(watchOf);
  const listKind = async <K extends KindName>(kind: K): Promise<ResourceOf<K>[]> => {
    const objects: ResourceOf<K>[] = [];
    const add = (raw: unknown) => {
      try {
        objects.push(parseObject(kind, raw, share));
      } catch (error) {
        log.warn('an object is not valid', { kind, problem: (error as Error).message });
      }
    };
    await Promise.all(namespaces.map((namespace) => listPages(client, kindPath(kind, { namespace }), {}, add)));
    return objects;
  };
  const lists = new Map<KindName, Promise<AnyResource[]>>();
  for (const kind of listAhead) {
    const begun = listKind(kind);
    // Whoever asks for it learns of it; until then it is nobody's.
    begun.catch(() => undefined);
    lists.set(kind, begun);
  }

  return {
    get connected() {
      return [...watches.values()].every((watching) => watching.connected);
    },
    silentMs: () => Math.max(0, ...[...watches.values()].map((watching) => watching.silentMs())),
    list<K extends KindName>(kind: K): Promise<ResourceOf<K>[]> {
      const begun = lists.get(kind) as Promise<ResourceOf<K>[]> | undefined;
      lists.delete(kind);
      return begun ?? listKind(kind);
    },
    async get(kind, namespace, name) {
      const raw = await client.request('GET', kindPath(kind, { namespace, name })).catch(absent);
      return raw === undefined ? undefined : parseObject(kind, raw);
    },
    async watch<K extends KindName>(kind: K, watch: StoreWatch<K>) {
      const watching = watchOf(kind);
      const { synced, close } = watching.subscribe(watch);
      await synced;
      return {
        async close() {
          close();
          if (watching.listeners > 0 || watches.get(kind) !== (watching as unknown)) return;
          watches.delete(kind);
          await watching.close();
        },
      };
    },
    async apply(object: AnyResource) {
      const { kind, metadata } = parseResource(object);
      const path = kindPath(kind, { namespace: metadata.namespace, name: metadata.name });
      const raw = await serverSideApply(client, path, renderObject(object), { fieldManager: FIELD_MANAGER }).catch(refused);
      return parseObject(kind, raw);
    },
    async applyStatus(kind, namespace, name, status) {
      const body = { apiVersion: API_VERSION, kind, metadata: { name, namespace }, status };
      await serverSideApply(client, kindPath(kind, { namespace, name, subresource: 'status' }), body, { fieldManager: FIELD_MANAGER }).catch(absent);
    },
    async remove(kind, namespace, name) {
      await client.request('DELETE', kindPath(kind, { namespace, name }), { query: { propagationPolicy: 'Background' } }).catch(absent);
    },
    async close() {
      await Promise.all([...watches.values()].map((watching) => watching.close()));
      watches.clear();
    },
  };
}

function absent(error: unknown): undefined {
  if (error instanceof KubernetesError && error.status === 404) return undefined;
  throw error;
}

/** The API server knows the same rules, and those across versions as well. */
function refused(error: unknown): never {
  if (error instanceof KubernetesError && error.reason === 'Invalid') throw new PlatformError('SPEC_INVALID', error.message, { cause: error });
  throw error;
}
