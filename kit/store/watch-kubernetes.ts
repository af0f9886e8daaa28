import type { AnyResource, KindName, ResourceOf } from '../../protocol/schema/resources.ts';
import type { KubernetesClient } from '../kubernetes/client.ts';
import { watchResources } from '../kubernetes/list-watch.ts';
import type { WatchEvent } from '../kubernetes/object-cache.ts';
import type { Log } from '../log.ts';
import { kindPath, parseObject } from './kubernetes-object.ts';
import type { Sharing } from '../sharing.ts';
import type { StoreWatch } from './store.ts';

export interface KindWatchOptions<K extends KindName> {
  readonly client: KubernetesClient;
  readonly namespaces: readonly string[];
  readonly kind: K;
  /** Of parts that objects have in common. */
  readonly share: Sharing;
  /** What is held of an object. @default all of it */
  readonly reduce?: (object: AnyResource) => AnyResource;
  readonly log: Log;
}

/** One kind in several namespaces, told as one to any number of listeners: what is there is listed and held once, however many parts of a process look at it. */
export interface KindWatch<K extends KindName> {
  /** Tells it a snapshot of all namespaces, as soon as there is one, then changes. `synced` resolves after the snapshot. */
  subscribe(listener: StoreWatch<K>): { readonly synced: Promise<void>; close(): void };
  readonly listeners: number;
  readonly connected: boolean;
  /** Milliseconds since the namespace that was silent for longest heard anything. */
  silentMs(): number;
  close(): Promise<void>;
}

type Invalid = Parameters<NonNullable<StoreWatch<KindName>['onInvalid']>>[0];

/** Begins to list at once. */
export function watchKindInCluster<K extends KindName>({ client, namespaces, kind, share, reduce, log }: KindWatchOptions<K>): KindWatch<K> {
  const listeners = new Set<StoreWatch<K>>();
  const missing = new Set(namespaces);
  const down = new Set(namespaces);
  /** For listeners to come. */
  const invalid = new Map<string, Invalid>();
  const { promise: synced, resolve } = Promise.withResolvers<void>();

  /** One listener's defect is not the others'. */
  const tell = (act: (listener: StoreWatch<K>) => void, to: Iterable<StoreWatch<K>> = [...listeners]) => {
    for (const listener of to) {
      try {
        act(listener);
      } catch (err) {
        log.error('a listener of the store failed', { kind, err });
      }
    }
  };
  const begin = () => {
    const snapshot = watches.flatMap((watch) => watch.objects());
    tell(({ onSync }) => onSync(snapshot));
    resolve();
  };
  const parse = (namespace: string, raw: unknown) => {
    const { name = '' } = (raw as { metadata?: { name?: string } } | undefined)?.metadata ?? {};
    const source = `${kind} ${namespace}/${name}`;
    try {
      const object = parseObject(kind, raw, share);
      invalid.delete(source);
      return reduce ? (reduce(object) as ResourceOf<K>) : object;
    } catch (error) {
      const problem = { source, message: (error as Error).message };
      invalid.set(source, problem);
      tell(({ onInvalid }) => onInvalid?.(problem));
      return undefined;
    }
  };
  const onSync = (namespace: string) => {
    missing.delete(namespace);
    if (missing.size === 0) begin();
  };
  // What comes before the last namespace is there is in the snapshot.
  const onEvent = (event: WatchEvent<ResourceOf<K>>) => missing.size === 0 && tell((listener) => listener.onEvent(event));
  const watches = namespaces.map((namespace) =>
    watchResources<ResourceOf<K>>({
      client,
      path: kindPath(kind, { namespace }),
      log,
      parse: (raw) => parse(namespace, raw),
      onSync: () => onSync(namespace),
      onEvent,
      onState: ({ connected }) => void (connected ? down.delete(namespace) : down.add(namespace)),
    }),
  );
  if (namespaces.length === 0) begin();
  return {
    subscribe(subscriber) {
      let defect: { readonly error: unknown } | undefined;
      const listener: StoreWatch<K> = {
        ...subscriber,
        onSync(snapshot) {
          try {
            subscriber.onSync(snapshot);
          } catch (error) {
            defect = { error };
            throw error;
          }
        },
      };
      const close = () => void listeners.delete(listener);
      // Who cannot take what there is must not go on as if there were nothing.
      const taken = synced.then(() => {
        if (!defect) return;
        close();
        throw defect.error;
      });
      tell(({ onInvalid }) => invalid.forEach((problem) => onInvalid?.(problem)), [listener]);
      if (missing.size === 0) tell(({ onSync: tellAll }) => tellAll(watches.flatMap((watch) => watch.objects())), [listener]);
      listeners.add(listener);
      return { synced: taken, close };
    },
    get listeners() {
      return listeners.size;
    },
    get connected() {
      return down.size === 0;
    },
    silentMs: () => Math.max(0, ...watches.map((one) => performance.now() - one.lastEventAt())),
    async close() {
      await Promise.all(watches.map((one) => one.close()));
    },
  };
}
