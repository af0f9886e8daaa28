import type { Log } from '../../kit/log.ts';
import type { Store, StoreWatch } from '../../kit/store/store.ts';
import { functionName } from '../../protocol/names.ts';
import type { FunctionResource, TriggerResource } from '../../protocol/schema/resources.ts';
import type { RouteIndex } from '../routes/route-index.ts';
import { FunctionEntry } from './function-entry.ts';

/** The functions that this gateway knows, by `<namespace>/<name>`. */
export interface FunctionTable {
  get(key: string): FunctionEntry | undefined;
  /** The entry, made when new: routes and instances may be told before the Function. */
  ensure(key: string): FunctionEntry;
  all(): Iterable<FunctionEntry>;
  triggers(): Iterable<TriggerResource>;
  /** Lets go of an entry that nothing refers to any more. */
  forget(entry: FunctionEntry): void;
  close(): Promise<void>;
}

export interface FunctionTableDeps {
  readonly store: Store;
  readonly routes: RouteIndex<FunctionEntry>;
  readonly log: Log;
  /** The Function changed: whoever waits may be served, or not any more. */
  onChange(entry: FunctionEntry): void;
}

/** Follows Functions and Triggers in the store. Resolves once both are known. */
export async function createFunctionTable({ store, routes, log, onChange }: FunctionTableDeps): Promise<FunctionTable> {
  const entries = new Map<string, FunctionEntry>();
  const triggers = new Map<string, { readonly trigger: TriggerResource; readonly entry: FunctionEntry }>();
  const ensure = (key: string): FunctionEntry => {
    const known = entries.get(key);
    if (known) return known;
    const [namespace = '', name = ''] = key.split('/');
    const entry = new FunctionEntry(namespace, name);
    entries.set(key, entry);
    return entry;
  };
  const forget = (entry: FunctionEntry) => {
    if (entry.resource === undefined && entry.triggers === 0 && entry.instances.size === 0 && !entry.busy) entries.delete(entry.key);
  };
  const setFunction = ({ metadata }: FunctionResource, resource: FunctionResource | undefined) => {
    const entry = ensure(functionName(metadata.namespace, metadata.name));
    entry.setResource(resource);
    onChange(entry);
    forget(entry);
  };
  const dropTrigger = (key: string) => {
    const placed = triggers.get(key);
    triggers.delete(key);
    if (!placed) return;
    placed.entry.triggers--;
    forget(placed.entry);
  };
  const setTrigger = (trigger: TriggerResource) => {
    const { namespace, name } = trigger.metadata;
    const entry = ensure(functionName(namespace, trigger.spec.function));
    entry.triggers++;
    const key = functionName(namespace, name);
    dropTrigger(key);
    triggers.set(key, { trigger, entry });
    routes.set(trigger, entry);
  };
  const removeTrigger = ({ metadata: { namespace, name } }: TriggerResource) => {
    routes.remove(namespace, name);
    dropTrigger(functionName(namespace, name));
  };
  const onInvalid: NonNullable<StoreWatch<'Function'>['onInvalid']> = ({ source, message }) =>
    log.warn('an object is not valid and was left as before', { source, error: message });

  const watches = await Promise.all([
    store.watch('Function', {
      onSync: (objects) => objects.forEach((object) => setFunction(object, object)),
      onEvent: ({ type, object }) => setFunction(object, type === 'applied' ? object : undefined),
      onInvalid,
    }),
    store.watch('Trigger', {
      onSync: (objects) => objects.forEach(setTrigger),
      onEvent: ({ type, object }) => (type === 'applied' ? setTrigger(object) : removeTrigger(object)),
      onInvalid,
    }),
  ]);
  return {
    get: (key) => entries.get(key),
    ensure,
    all: () => entries.values(),
    triggers: () => [...triggers.values()].map(({ trigger }) => trigger),
    forget,
    close: async () => void (await Promise.all(watches.map((watch) => watch.close()))),
  };
}
