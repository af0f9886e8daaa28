import { watch as watchDir } from 'node:fs';
import { join } from 'node:path';
import type { KindName, ResourceOf } from '../../protocol/schema/resources.ts';
import { mergeStatus, objectFiles, readText } from './object-files.ts';
import type { StoreWatch } from './store.ts';

/** The file system coalesces and, rarely, drops notices: a full look this often catches what was missed. */
const RESCAN_MS = 10_000;
/** Notices of one write come in bursts. */
const SETTLE_MS = 4;

interface Known<K extends KindName> {
  text: string;
  statusText: string | undefined;
  object?: ResourceOf<K>;
}

/** Snapshot, then changes of the objects in one kind's folder, in order. */
export async function watchKind<K extends KindName>(dir: string, watch: StoreWatch<K>): Promise<{ close(): Promise<void> }> {
  const known = new Map<string, Known<K>>();
  const dirty = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let turn: Promise<void> = Promise.resolve();
  let closed = false;

  const refresh = async (base: string) => {
    const previous = known.get(base)?.object;
    const found = await read<K>(dir, base, known.get(base));
    if (closed || found === 'same') return;
    if (found === 'absent') {
      known.delete(base);
      if (previous) watch.onEvent({ type: 'deleted', object: previous, previous });
      return;
    }
    if ('problem' in found) watch.onInvalid?.({ source: join(dir, `${base}.json`), message: found.problem });
    known.set(base, { text: found.text, statusText: found.statusText, ...(found.object ? { object: found.object } : previous && { object: previous }) });
    if (found.object) watch.onEvent({ type: 'applied', object: found.object, ...(previous && { previous }) });
  };
  const flush = () => {
    timer = undefined;
    const bases = [...dirty];
    dirty.clear();
    turn = turn.then(async () => {
      for (const base of bases) await refresh(base);
    });
  };
  const mark = (base: string) => {
    dirty.add(base);
    if (!closed) timer ??= setTimeout(flush, SETTLE_MS);
  };
  const rescan = async () => {
    for (const { namespace, name } of await objectFiles(dir)) mark(`${namespace}.${name}`);
    for (const base of known.keys()) mark(base);
  };

  const notices = watchDir(dir, (_type, file) => {
    if (file === null) void rescan();
    else if (file.endsWith('.json')) mark(file.replace(/(\.status)?\.json$/, ''));
  });
  turn = snapshot(dir, known, watch);
  await turn;
  const rescans = setInterval(() => void rescan(), RESCAN_MS);
  rescans.unref();

  return {
    async close() {
      closed = true;
      notices.close();
      clearInterval(rescans);
      clearTimeout(timer);
      await turn;
    },
  };
}

async function snapshot<K extends KindName>(dir: string, known: Map<string, Known<K>>, watch: StoreWatch<K>): Promise<void> {
  for (const { namespace, name } of await objectFiles(dir)) {
    const base = `${namespace}.${name}`;
    const found = await read<K>(dir, base, undefined);
    if (typeof found === 'string') continue;
    if ('problem' in found) watch.onInvalid?.({ source: join(dir, `${base}.json`), message: found.problem });
    known.set(base, found);
  }
  watch.onSync([...known.values()].flatMap(({ object }) => (object ? [object] : [])));
}

type Found<K extends KindName> =
  | 'same'
  | 'absent'
  | { text: string; statusText: string | undefined; object: ResourceOf<K> }
  | { text: string; statusText: string | undefined; object?: never; problem: string };

async function read<K extends KindName>(dir: string, base: string, known: Known<K> | undefined): Promise<Found<K>> {
  const text = await readText(join(dir, `${base}.json`));
  if (text === undefined) return 'absent';
  const statusText = await readText(join(dir, `${base}.status.json`));
  if (known?.text === text && known.statusText === statusText) return 'same';
  try {
    return { text, statusText, object: mergeStatus<K>(text, statusText) };
  } catch (error) {
    return { text, statusText, problem: (error as Error).message };
  }
}
