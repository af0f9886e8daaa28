import { API_VERSION, functionName, LABELS } from '../../protocol/names.ts';
import type { RevisionResource } from '../../protocol/schema/resources.ts';
import { backoffMs } from '../../kit/backoff.ts';
import { inParallel } from '../../kit/in-parallel.ts';
import type { Log } from '../../kit/log.ts';
import type { Store } from '../../kit/store/store.ts';
import { revisionNumber, revisionsToPrune } from '../decide/revision.ts';
import type { ManagedFunction, ResolvedRevision } from '../observe/functions.ts';
import type { KnownRevision } from '../observe/resolve-revision.ts';

/** The history of revisions: known in memory at once, written to the store a moment later, and again until it is there. */
export interface Revisions {
  newest(uid: string): KnownRevision | undefined;
  /** The revision of a function that has this content, if an instance served it when this scaler began; of several the one with this template. */
  recorded(uid: string, content: string, template: string): RevisionResource | undefined;
  /** UID of a revision, once the store has it; undefined where it will not come any more. */
  uidOf(fn: Pick<ManagedFunction, 'uid'>, name: string): Promise<string | undefined>;
  /** Notes a resolved revision; a new one is written and the oldest beyond the limit are removed. */
  note(fn: ManagedFunction, revision: ResolvedRevision): void;
  /** Removes the revisions of a function that is gone. */
  removeAll(fn: Pick<ManagedFunction, 'uid'>): void;
  /** Removes those of functions that went while no scaler ran. */
  retain(uids: ReadonlySet<string>): void;
  /** Writes what is pending, once more. */
  close(): Promise<void>;
}

/** Writing yields to the cold starts that a change may bring. */
const WRITE_DELAY_MS = 50;
/** Ten thousand functions that are new at once are ten thousand writes. */
const WRITES_AT_ONCE = 8;
const RETRY = { firstMs: 500, maxMs: 30_000 };

interface History {
  readonly namespace: string;
  newest: KnownRevision;
  /** Oldest first. */
  recorded: readonly Recorded[];
}

interface Recorded {
  readonly name: string;
  /** Promised while it is being written. */
  uid: string | undefined | Promise<string | undefined>;
}

export interface RevisionsDeps {
  readonly store: Store;
  readonly log: Log;
  /** Contents that instances serve already: the whole resource is kept of these alone. */
  readonly served: ReadonlySet<string>;
}

export async function createRevisions({ store, log, served }: RevisionsDeps): Promise<Revisions> {
  const histories = new Map<string, History>();
  const kept = new Map<string, RevisionResource[]>();
  for (const [uid, revisions] of Map.groupBy(await store.list('Revision'), ({ spec }) => spec.functionUid)) {
    histories.set(uid, historyOf(revisions));
    const whole = revisions.filter(({ spec }) => served.has(spec.content));
    if (whole.length > 0) kept.set(uid, whole);
  }
  const writes = createWrites(log);

  const removeAll = ({ uid }: Pick<ManagedFunction, 'uid'>) => {
    const history = histories.get(uid);
    if (!history) return;
    histories.delete(uid);
    kept.delete(uid);
    writes.add(uid, async () => {
      for (const { name } of history.recorded) await store.remove('Revision', history.namespace, name);
    });
  };
  return {
    newest: (uid) => histories.get(uid)?.newest,
    recorded(uid, content, template) {
      const alike = (kept.get(uid) ?? []).filter(({ spec }) => spec.content === content);
      return alike.find(({ spec }) => spec.template === template) ?? alike.at(-1);
    },
    uidOf: async ({ uid }, name) => histories.get(uid)?.recorded.find((one) => one.name === name)?.uid,
    note(fn, revision) {
      const { namespace } = fn.resource.metadata;
      const known = histories.get(fn.uid);
      if (known?.newest.number === revision.generation) return;
      const newest = { number: revision.generation, template: revision.template, content: revision.content };
      const history = known ?? { namespace, newest, recorded: [] };
      histories.set(fn.uid, history);
      const resource = toResource(fn, revision);
      const { promise, resolve } = Promise.withResolvers<string | undefined>();
      const written: Recorded = { name: revision.name, uid: promise };
      const all = [...history.recorded, written];
      const pruned = revisionsToPrune(all.map(({ name }) => name));
      history.newest = newest;
      history.recorded = all.filter(({ name }) => !pruned.includes(name));
      writes.add(fn.uid, async () => {
        // It may have been deleted in the meantime.
        if (histories.get(fn.uid) !== history) return resolve(undefined);
        written.uid = (await store.apply(resource)).metadata.uid;
        resolve(written.uid);
        for (const name of pruned) await store.remove('Revision', namespace, name);
        log.info('new revision', { function: functionName(namespace, fn.resource.metadata.name), revision: revision.name });
      });
    },
    removeAll,
    retain(uids) {
      for (const uid of histories.keys()) if (!uids.has(uid)) removeAll({ uid });
    },
    close: () => writes.close(),
  };
}

interface Writes {
  add(uid: string, work: () => Promise<void>): void;
  close(): Promise<void>;
}

/** The work of a function in its order, several functions at once; what fails comes again after a back-off and lets the rest pass. */
function createWrites(log: Log): Writes {
  const pending: { readonly uid: string; readonly work: () => Promise<void>; failures: number }[] = [];
  const retries = new Map<NodeJS.Timeout, (typeof pending)[number]>();
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();
  let closed = false;

  const run = async (item: (typeof pending)[number]) => {
    try {
      await item.work();
    } catch (err) {
      const retryMs = backoffMs(++item.failures, RETRY);
      log.warn('a revision could not be written', { err, attempt: item.failures, retryMs });
      if (!closed) retryLater(item, retryMs);
    }
  };
  const retryLater = (item: (typeof pending)[number], ms: number) => {
    const retry = setTimeout(() => {
      retries.delete(retry);
      pending.push(item);
      void flush();
    }, ms);
    retries.set(retry, item);
  };
  const flush = () => {
    timer = undefined;
    const byFunction = Map.groupBy(pending.splice(0), ({ uid }) => uid);
    const ofOne = async (items: typeof pending) => {
      for (const item of items) await run(item);
    };
    writing = writing.then(() => inParallel(byFunction.values(), WRITES_AT_ONCE, ofOne));
    return writing;
  };
  return {
    add(uid, work) {
      pending.push({ uid, work, failures: 0 });
      timer ??= setTimeout(() => void flush(), WRITE_DELAY_MS);
    },
    close() {
      closed = true;
      clearTimeout(timer);
      for (const [retry, item] of retries) {
        clearTimeout(retry);
        pending.push(item);
      }
      return flush();
    },
  };
}

function historyOf(revisions: readonly RevisionResource[]): History {
  const sorted = revisions.toSorted((a, b) => revisionNumber(a.metadata.name) - revisionNumber(b.metadata.name));
  const last = sorted.at(-1) as RevisionResource;
  return {
    namespace: last.metadata.namespace,
    newest: { number: revisionNumber(last.metadata.name), template: last.spec.template, content: last.spec.content },
    recorded: sorted.map(({ metadata: { name, uid } }) => ({ name, uid })),
  };
}

function toResource(fn: ManagedFunction, revision: ResolvedRevision): RevisionResource {
  const { namespace, name, labels } = fn.resource.metadata;
  const stack = labels?.[LABELS.stack];
  return {
    apiVersion: API_VERSION,
    kind: 'Revision',
    metadata: { namespace, name: revision.name, labels: { [LABELS.function]: name, ...(stack !== undefined && { [LABELS.stack]: stack }) } },
    spec: {
      function: name,
      functionUid: fn.uid,
      generation: revision.observedGeneration,
      template: revision.template,
      content: revision.content,
      snapshot: revision.spec,
    },
  };
}
