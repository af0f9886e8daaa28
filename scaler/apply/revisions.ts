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
  removeAll(fn: ManagedFunction): void;
  /** Waits for what is being written. */
  close(): Promise<void>;
}

/** Writing yields to the cold starts that a change may bring. */
const WRITE_DELAY_MS = 50;

export async function createRevisions({ store, log }: { store: Store; log: Log }): Promise<Revisions> {
  const newest = new Map<string, KnownRevision>();
  const names = new Map<string, string[]>();
  let writing: Promise<void> = Promise.resolve();

  for (const { metadata, spec } of await store.list('Revision')) {
    const number = revisionNumber(metadata.name);
    names.set(spec.functionUid, [...(names.get(spec.functionUid) ?? []), metadata.name]);
    if (number > (newest.get(spec.functionUid)?.number ?? 0)) newest.set(spec.functionUid, { number, template: spec.template, content: spec.content });
  }
  const write = (work: () => Promise<void>) => {
    writing = writing
      .then(() => new Promise<void>((resolve) => setTimeout(resolve, WRITE_DELAY_MS)))
      .then(work)
      .catch((err: unknown) => log.error('revisions could not be written', { err }));
  };
  return {
    newest: (uid) => newest.get(uid),
    note(fn, revision) {
      if (newest.get(fn.uid)?.number === revision.generation) return;
      newest.set(fn.uid, { number: revision.generation, template: revision.template, content: revision.content });
      const { namespace } = fn.resource.metadata;
      const all = [...(names.get(fn.uid) ?? []), revision.name];
      const pruned = revisionsToPrune(all);
      names.set(fn.uid, all.filter((name) => !pruned.includes(name)));
      const resource = toResource(fn, revision);
      write(async () => {
        await store.apply(resource);
        for (const name of pruned) await store.remove('Revision', namespace, name);
        log.info('new revision', { function: functionName(namespace, fn.resource.metadata.name), revision: revision.name });
      });
    },
    removeAll(fn) {
      const gone = names.get(fn.uid) ?? [];
      names.delete(fn.uid);
      newest.delete(fn.uid);
      write(async () => {
        for (const name of gone) await store.remove('Revision', fn.resource.metadata.namespace, name);
      });
    },
    close: () => writing,
  };
}

function toResource(fn: ManagedFunction, revision: ResolvedRevision): RevisionResource {
  const { namespace, name, labels } = fn.resource.metadata;
  const stack = labels?.[LABELS.stack];
  return {
    apiVersion: API_VERSION,
    kind: 'Revision',
    metadata: { namespace, name: revision.name, labels: { [LABELS.function]: name, ...(stack !== undefined && { [LABELS.stack]: stack }) } },
    spec: { function: name, functionUid: fn.uid, generation: revision.observedGeneration, template: revision.template, content: revision.content, snapshot: revision.spec },
  };
}
