import type { Store, StoreEvent, StoreWatch } from '../../kit/store/store.ts';
import type { KindName, ResourceOf } from '../../protocol/schema/resources.ts';

interface Shared<K extends KindName> {
  readonly objects: Map<string, ResourceOf<K>>;
  readonly watchers: Set<StoreWatch<K>>;
  readonly watch: Promise<{ close(): Promise<void> }>;
}

/** The same store, but whoever watches a kind that is watched already shares that watch: one list in memory and one connection, however many parts follow it. */
export function shareWatches(store: Store): Store {
  const kinds = new Map<KindName, Shared<KindName>>();

  const begin = (kind: KindName): Shared<KindName> => {
    const objects = new Map<string, ResourceOf<KindName>>();
    const watchers = new Set<StoreWatch<KindName>>();
    const watch = store.watch(kind, {
      onSync(found) {
        for (const object of found) objects.set(keyOf(object), object);
      },
      onEvent(event) {
        if (event.type === 'deleted') objects.delete(keyOf(event.object));
        else objects.set(keyOf(event.object), event.object);
        for (const watcher of watchers) watcher.onEvent(event as StoreEvent<KindName>);
      },
      onInvalid(problem) {
        for (const watcher of watchers) watcher.onInvalid?.(problem);
      },
    });
    return { objects, watchers, watch };
  };
  return {
    get connected() {
      return store.connected;
    },
    list: (kind) => store.list(kind),
    get: (kind, namespace, name) => store.get(kind, namespace, name),
    apply: (object) => store.apply(object),
    applyStatus: (kind, namespace, name, status) => store.applyStatus(kind, namespace, name, status),
    remove: (kind, namespace, name) => store.remove(kind, namespace, name),
    close: () => store.close(),
    async watch<K extends KindName>(kind: K, given: StoreWatch<K>) {
      const watcher = given as unknown as StoreWatch<KindName>;
      const shared = kinds.get(kind) ?? begin(kind);
      kinds.set(kind, shared);
      const watch = await shared.watch;
      // In one go: nothing happens between what it is told now and its first event.
      watcher.onSync([...shared.objects.values()]);
      shared.watchers.add(watcher);
      return {
        async close() {
          shared.watchers.delete(watcher);
          if (shared.watchers.size > 0 || kinds.get(kind) !== shared) return;
          kinds.delete(kind);
          await watch.close();
        },
      };
    },
  };
}

function keyOf({ metadata }: ResourceOf<KindName>): string {
  return `${metadata.namespace}/${metadata.name}`;
}
