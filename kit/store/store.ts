import type { AnyResource, KindName, ResourceOf } from '../../protocol/schema/resources.ts';

export interface StoreEvent<K extends KindName = KindName> {
  readonly type: 'applied' | 'deleted';
  readonly object: ResourceOf<K>;
  /** What it replaced; absent when new. */
  readonly previous?: ResourceOf<K>;
}

export interface StoreWatch<K extends KindName> {
  /** Called once with all objects, before any event. */
  onSync(objects: readonly ResourceOf<K>[]): void;
  onEvent(event: StoreEvent<K>): void;
  /** A file or object that is not valid: it is left as it was before, and this is told once per version. */
  onInvalid?(problem: { readonly source: string; readonly message: string }): void;
}

/** The resource store: watched files here, the Kubernetes API in a cluster. */
export interface Store {
  /** Whether every watch tells how things are now; while false what they told may be old. */
  readonly connected: boolean;
  list<K extends KindName>(kind: K): Promise<ResourceOf<K>[]>;
  get<K extends KindName>(kind: K, namespace: string, name: string): Promise<ResourceOf<K> | undefined>;
  /** Snapshot, then changes, in order, until closed. */
  watch<K extends KindName>(kind: K, watch: StoreWatch<K>): Promise<{ close(): Promise<void> }>;
  /** Creates or replaces spec, labels and annotations; keeps uid and status, raises generation when spec changes. @throws PlatformError SPEC_INVALID */
  apply(object: AnyResource): Promise<AnyResource>;
  /** Replaces the status alone; does nothing where the object is gone. */
  applyStatus<K extends KindName>(kind: K, namespace: string, name: string, status: NonNullable<ResourceOf<K>['status']>): Promise<void>;
  remove(kind: KindName, namespace: string, name: string): Promise<void>;
  close(): Promise<void>;
}
