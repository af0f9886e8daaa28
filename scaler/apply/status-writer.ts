import { canonicalJson } from '../../protocol/digest.ts';
import type { KindName, ResourceOf } from '../../protocol/schema/resources.ts';
import { inParallel } from '../../kit/in-parallel.ts';
import type { Log } from '../../kit/log.ts';
import type { Store } from '../../kit/store/store.ts';
import { createWhenCalm } from './when-calm.ts';

type AnyStatus = StatusOf<KindName>;
type StatusOf<K extends KindName> = NonNullable<ResourceOf<K>['status']>;

/** Writes statuses when the hot path is quiet: one write an object and interval at the most, and none where nothing changed. */
export interface StatusWriter {
  /** `render` is called when it is written, so that what happens in between is in it; `undefined`: nothing to write any more. */
  mark<K extends KindName>(kind: K, namespace: string, name: string, render: (previous: StatusOf<K> | undefined) => StatusOf<K> | undefined): void;
  /** The status that is there, as the store told it. */
  seen<K extends KindName>(kind: K, namespace: string, name: string, status: StatusOf<K> | undefined): void;
  forget(kind: KindName, namespace: string, name: string): void;
  /** Writes what is marked, then stops. */
  close(): Promise<void>;
}

const INTERVAL_MS = 200;
/** While functions start, writing waits, but not for longer than this. */
const LATEST_MS = 2000;
/** Ten thousand functions that are new at once are ten thousand writes. */
const WRITES_AT_ONCE = 8;
/** Until what could not be written is tried again. */
const RETRY_MS = 3000;

export interface StatusWriterDeps {
  readonly store: Pick<Store, 'applyStatus'>;
  readonly log: Log;
  /** Whether someone waits for a cold start right now. */
  busy(): boolean;
  /** A status was written. */
  onWritten?(kind: KindName, namespace: string, name: string, previous: AnyStatus | undefined, status: AnyStatus): void;
}

export function createStatusWriter({ store, log, busy, onWritten }: StatusWriterDeps): StatusWriter {
  const marked = new Map<string, () => Promise<void>>();
  const last = new Map<string, unknown>();
  const failed = new Map<string, () => Promise<void>>();
  let retry: NodeJS.Timeout | undefined;
  let troubled = false;

  const flush = async () => {
    const due = [...marked.values()];
    marked.clear();
    await inParallel(due, WRITES_AT_ONCE, (write) => write());
  };
  const calm = createWhenCalm({ busy, delayMs: INTERVAL_MS, latestMs: LATEST_MS, act: () => void flush() });
  const retryFailed = () => {
    retry = undefined;
    for (const [key, write] of failed) if (!marked.has(key)) marked.set(key, write);
    failed.clear();
    calm.ask();
  };
  return {
    mark(kind, namespace, name, render) {
      const key = keyOf(kind, namespace, name);
      const write = async () => {
        const previous = last.get(key) as Parameters<typeof render>[0];
        const status = render(previous);
        if (status === undefined || (previous !== undefined && canonicalJson(previous) === canonicalJson(status))) return;
        try {
          await store.applyStatus(kind, namespace, name, status);
          last.set(key, status);
          onWritten?.(kind, namespace, name, previous, status);
          troubled = false;
        } catch (err) {
          if (!troubled) log.warn('a status could not be written; it is tried again', { kind, namespace, name, err });
          troubled = true;
          if (!marked.has(key)) failed.set(key, write);
          retry ??= setTimeout(retryFailed, RETRY_MS);
        }
      };
      failed.delete(key);
      marked.set(key, write);
      calm.ask();
    },
    seen(kind, namespace, name, status) {
      const key = keyOf(kind, namespace, name);
      if (status !== undefined && !last.has(key)) last.set(key, status);
    },
    forget(kind, namespace, name) {
      marked.delete(keyOf(kind, namespace, name));
      failed.delete(keyOf(kind, namespace, name));
      last.delete(keyOf(kind, namespace, name));
    },
    async close() {
      calm.cancel();
      clearTimeout(retry);
      await flush();
      clearTimeout(retry);
    },
  };
}

function keyOf(kind: KindName, namespace: string, name: string): string {
  return [kind, namespace, name].join(' ');
}
