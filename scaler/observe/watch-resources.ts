import { PlatformError } from '../../protocol/errors.ts';
import { functionName } from '../../protocol/names.ts';
import type { FunctionResource, PodPoolResource } from '../../protocol/schema/resources.ts';
import type { Log } from '../../kit/log.ts';
import type { Store } from '../../kit/store/store.ts';
import type { FunctionRegistry, ManagedFunction, ResolvedRevision } from './functions.ts';
import { SecretPending } from './secrets.ts';

export interface ResourceHandlers {
  readonly functions: FunctionRegistry;
  /** The revision that a function describes now. @throws PlatformError */
  resolve(fn: FunctionResource): ResolvedRevision;
  readonly now: () => number;
  /** A function is new, or says something else. */
  onFunction(fn: ManagedFunction): void;
  /** After `onFunction` of one that was not there before. */
  onFunctionAdded(fn: ManagedFunction): void;
  onFunctionDeleted(fn: ManagedFunction): void;
  onPool(pool: PodPoolResource): void;
  onPoolDeleted(pool: PodPoolResource): void;
}

export interface WatchedResources {
  /** Looks again at what every function describes: a secret's value changed. */
  resolveAll(): void;
  close(): Promise<void>;
}

/** Keeps the registry of functions equal to the store: pools first, so that functions find theirs. */
export async function watchResources(store: Store, handlers: ResourceHandlers, log: Log): Promise<WatchedResources> {
  const { functions, now } = handlers;

  const resolve = (fn: ManagedFunction) => {
    try {
      const latest = handlers.resolve(fn.resource);
      if (latest.content !== fn.latest?.content || latest.template !== fn.latest.template) {
        fn.blocked = undefined;
        fn.failures = 0;
      }
      fn.latest = latest;
      fn.unresolved = undefined;
    } catch (error) {
      // Until it is known, what serves goes on and who waits goes on waiting.
      if (error instanceof SecretPending) return handlers.onFunction(fn);
      if (!(error instanceof PlatformError)) throw error;
      fn.latest = undefined;
      if (fn.unresolved?.message !== error.message) log.warn('function cannot be resolved', { function: fn.name, code: error.code, reason: error.message });
      fn.unresolved = { code: error.code, message: error.message, at: fn.unresolved?.message === error.message ? fn.unresolved.at : now() };
    }
    handlers.onFunction(fn);
  };
  const putFunction = (resource: FunctionResource) => {
    const known = functions.get(resource.metadata.uid ?? '');
    if (known && known.resource.metadata.resourceVersion === resource.metadata.resourceVersion) return;
    const generation = known?.resource.metadata.generation;
    const { fn, retired } = functions.put(resource);
    if (retired) handlers.onFunctionDeleted(retired);
    // Only its status changed, most likely by ourselves.
    if (known && generation === resource.metadata.generation) return;
    fn.blocked = undefined;
    resolve(fn);
    if (!known) handlers.onFunctionAdded(fn);
  };
  const pools = new Map<string, string | undefined>();
  const putPool = (pool: PodPoolResource) => {
    const name = functionName(pool.metadata.namespace, pool.metadata.name);
    if (pools.has(name) && pools.get(name) === pool.metadata.resourceVersion) return;
    pools.set(name, pool.metadata.resourceVersion);
    handlers.onPool(pool);
    resolvePool(name);
  };
  const resolvePool = (name: string) => {
    for (const fn of functions.all())
      if (!fn.deleted && functionName(fn.resource.metadata.namespace, fn.resource.spec.deployment.pool ?? '') === name) resolve(fn);
  };
  const onInvalid = (problem: { source: string; message: string }) => log.error('an object is not valid and is left as it was', problem);

  const poolWatch = await store.watch('PodPool', {
    onInvalid,
    onSync: (objects) => objects.forEach(putPool),
    onEvent({ type, object }) {
      if (type === 'applied') return putPool(object);
      pools.delete(functionName(object.metadata.namespace, object.metadata.name));
      handlers.onPoolDeleted(object);
      resolvePool(functionName(object.metadata.namespace, object.metadata.name));
    },
  });
  const functionWatch = await store.watch('Function', {
    onInvalid,
    onSync: (objects) => objects.forEach(putFunction),
    onEvent({ type, object }) {
      if (type === 'applied') return putFunction(object);
      const fn = functions.retire(object.metadata.uid ?? '');
      if (fn) handlers.onFunctionDeleted(fn);
    },
  });
  return {
    resolveAll() {
      for (const fn of functions.all()) if (!fn.deleted) resolve(fn);
    },
    async close() {
      await Promise.all([poolWatch.close(), functionWatch.close()]);
    },
  };
}
