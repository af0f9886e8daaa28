import type { KindName, ResourceOf } from '../../protocol/schema/resources.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { watchResources } from '../kubernetes/list-watch.ts';
import type { WatchEvent } from '../kubernetes/object-cache.ts';
import type { Log } from '../log.ts';
import { kindPath, parseObject } from './kubernetes-object.ts';
import type { StoreWatch } from './store.ts';

export interface KindWatchOptions<K extends KindName> {
  readonly client: KubernetesClient;
  readonly namespaces: readonly string[];
  readonly kind: K;
  readonly watch: StoreWatch<K>;
  readonly log: Log;
}

export interface KindWatch {
  /** When the snapshot was told. */
  readonly synced: Promise<void>;
  readonly connected: boolean;
  /** Milliseconds since the namespace that was silent for longest heard anything. */
  silentMs(): number;
  close(): Promise<void>;
}

/** One kind in several namespaces, told as one: a snapshot of all, then changes. Changes that come before the last namespace is there wait. */
export function watchKindInCluster<K extends KindName>({ client, namespaces, kind, watch, log }: KindWatchOptions<K>): KindWatch {
  const snapshot: ResourceOf<K>[] = [];
  let waiting: WatchEvent<ResourceOf<K>>[] | undefined = [];
  const missing = new Set(namespaces);
  const down = new Set(namespaces);
  const { promise: synced, resolve } = Promise.withResolvers<void>();

  const onSync = (namespace: string, objects: readonly ResourceOf<K>[]) => {
    snapshot.push(...objects);
    missing.delete(namespace);
    if (missing.size === 0) begin();
  };
  const begin = () => {
    watch.onSync(snapshot.splice(0));
    const held = waiting ?? [];
    waiting = undefined;
    held.forEach((event) => watch.onEvent(event));
    resolve();
  };
  const parse = (namespace: string, raw: unknown) => {
    try {
      return parseObject(kind, raw);
    } catch (error) {
      const { name = '' } = (raw as { metadata?: { name?: string } } | undefined)?.metadata ?? {};
      watch.onInvalid?.({ source: `${kind} ${namespace}/${name}`, message: (error as Error).message });
      return undefined;
    }
  };
  const watches = namespaces.map((namespace) =>
    watchResources<ResourceOf<K>>({
      client,
      path: kindPath(kind, { namespace }),
      log,
      parse: (raw) => parse(namespace, raw),
      onSync: (objects) => onSync(namespace, objects),
      onEvent: (event) => (waiting ? void waiting.push(event) : watch.onEvent(event)),
      onState: ({ connected }) => void (connected ? down.delete(namespace) : down.add(namespace)),
    }),
  );
  if (namespaces.length === 0) begin();
  return {
    synced,
    get connected() {
      return down.size === 0;
    },
    silentMs: () => Math.max(0, ...watches.map((one) => performance.now() - one.lastEventAt())),
    async close() {
      await Promise.all(watches.map((one) => one.close()));
    },
  };
}
