import type { Store, StoreEvent, StoreWatch } from '../../../kit/store/store.ts';
import type { AnyResource, KindName, ResourceOf } from '../../../protocol/schema/resources.ts';

/** A store in memory: what is applied is seen by watchers at once. */
export function memoryStore(): Store {
  const objects = new Map<string, AnyResource>();
  const watches = new Set<{ kind: KindName; watch: StoreWatch<KindName> }>();
  const of = (kind: KindName) => [...objects.values()].filter((object) => object.kind === kind);
  const keyOf = (kind: KindName, namespace: string, name: string) => `${kind}/${namespace}/${name}`;
  const tell = (kind: KindName, event: StoreEvent) => {
    for (const entry of watches) if (entry.kind === kind) entry.watch.onEvent(event);
  };
  return {
    connected: true,
    list: async <K extends KindName>(kind: K) => of(kind) as ResourceOf<K>[],
    get: async <K extends KindName>(kind: K, namespace: string, name: string) => objects.get(keyOf(kind, namespace, name)) as ResourceOf<K> | undefined,
    async watch(kind, watch) {
      const entry = { kind, watch: watch as unknown as StoreWatch<KindName> };
      watches.add(entry);
      entry.watch.onSync(of(kind));
      return { close: async () => void watches.delete(entry) };
    },
    async apply(object) {
      objects.set(keyOf(object.kind, object.metadata.namespace, object.metadata.name), object);
      tell(object.kind, { type: 'applied', object });
      return object;
    },
    async applyStatus() {},
    async remove(kind, namespace, name) {
      const object = objects.get(keyOf(kind, namespace, name));
      objects.delete(keyOf(kind, namespace, name));
      if (object) tell(kind, { type: 'deleted', object });
    },
    async close() {},
  };
}
