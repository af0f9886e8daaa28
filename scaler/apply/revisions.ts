import { API_VERSION, functionName, LABELS } from '../../protocol/names.ts';
import type { RevisionResource } from '../../protocol/schema/resources.ts';
import type { Log } from '../../kit/log.ts';
import type { Store } from '../../kit/store/store.ts';
import { revisionNumber, revisionsToPrune } from '../decide/revision.ts';
import type { ManagedFunction, ResolvedRevision } from '../observe/functions.ts';
import type { KnownRevision } from '../observe/resolve-revision.ts';

/** The history of revisions: known in memory at once, written to the store a moment later. */
export interface Revisions {
  newest(uid: string): KnownRevision | undefined;
  /** Notes a resolved revision; a new one is written and the oldest beyond the limit are removed. */
  note(fn: ManagedFunction, revision: ResolvedRevision): void;
  /** Removes the revisions of a function that is gone. */
  removeAll(fn: Pick<ManagedFunction, 'uid'>): void;
  /** Removes those of functions that went while no scaler ran. */
  retain(uids: ReadonlySet<string>): void;
  /** Writes what is pending. */
  close(): Promise<void>;
}

/** Writing yields to the cold starts that a change may bring. */
const WRITE_DELAY_MS = 50;

export async function createRevisions({ store, log }: { store: Store; log: Log }): Promise<Revisions> {
  const newest = new Map<string, KnownRevision>();
  const names = new Map<string, string[]>();
  const namespaces = new Map<string, string>();
  const pending: (() => Promise<void>)[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  for (const { metadata, spec } of await store.list('Revision')) {
    const number = revisionNumber(metadata.name);
    namespaces.set(spec.functionUid, metadata.namespace);
    names.set(spec.functionUid, [...(names.get(spec.functionUid) ?? []), metadata.name]);
    if (number > (newest.get(spec.functionUid)?.number ?? 0)) newest.set(spec.functionUid, { number, template: spec.template, content: spec.content });
  }
  const flush = () => {
    timer = undefined;
    for (const work of pending.splice(0)) writing = writing.then(work).catch((err: unknown) => log.error('revisions could not be written', { err }));
    return writing;
  };
  const write = (work: () => Promise<void>) => {
    pending.push(work);
    timer ??= setTimeout(() => void flush(), WRITE_DELAY_MS);
  };
  const removeAll = ({ uid }: Pick<ManagedFunction, 'uid'>) => {
    const gone = names.get(uid) ?? [];
    const namespace = namespaces.get(uid) ?? '';
    for (const map of [names, newest, namespaces]) map.delete(uid);
    write(async () => {
      for (const name of gone) await store.remove('Revision', namespace, name);
    });
  };
  return {
    newest: (uid) => newest.get(uid),
    note(fn, revision) {
      if (newest.get(fn.uid)?.number === revision.generation) return;
      newest.set(fn.uid, { number: revision.generation, template: revision.template, content: revision.content });
      const { namespace } = fn.resource.metadata;
      const all = [...(names.get(fn.uid) ?? []), revision.name];
      const pruned = revisionsToPrune(all);
      names.set(
        fn.uid,
        all.filter((name) => !pruned.includes(name)),
      );
      namespaces.set(fn.uid, namespace);
      const resource = toResource(fn, revision);
      write(async () => {
        await store.apply(resource);
        for (const name of pruned) await store.remove('Revision', namespace, name);
        log.info('new revision', { function: functionName(namespace, fn.resource.metadata.name), revision: revision.name });
      });
    },
    removeAll,
    retain(uids) {
      for (const uid of names.keys()) if (!uids.has(uid)) removeAll({ uid });
    },
    close() {
      clearTimeout(timer);
      return flush();
    },
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
