import { open, type FileHandle, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** One log file of an instance; the part before it is kept in `<file>.1`. */
export interface InstanceLog {
  /** Resolves once written: who awaits it is slowed to the disk's pace. */
  write(chunk: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export const MAX_LOG_BYTES = 4 * 1024 * 1024;
const MAX_LOG_FILES = 200;

/** Appends to `file`, and begins anew once it is larger than `maxBytes`: at most twice that much is kept. A disk that refuses loses lines, never the instance. */
export function createInstanceLog(file: string, maxBytes: number = MAX_LOG_BYTES): InstanceLog {
  let handle: FileHandle | undefined;
  let size = 0;
  let turn: Promise<void> = Promise.resolve();

  const append = async (chunk: Uint8Array) => {
    if (handle && size + chunk.length > maxBytes) {
      await handle.close();
      handle = undefined;
      await rename(file, `${file}.1`);
    }
    if (!handle) {
      handle = await open(file, 'a', 0o600);
      size = (await handle.stat()).size;
    }
    await handle.write(chunk);
    size += chunk.length;
  };
  return {
    write: (chunk) => (turn = turn.then(() => append(chunk)).catch(() => undefined)),
    async close() {
      await turn;
      await handle?.close();
      handle = undefined;
    },
  };
}

/** Removes the oldest log files beyond `keep`, but never one of an instance that is `alive`. */
export async function pruneLogs(dir: string, alive: ReadonlySet<string> = new Set(), keep: number = MAX_LOG_FILES): Promise<void> {
  const names = (await readdir(dir)).filter((name) => !alive.has(name.replace(/\.log(\.1)?$/, '')));
  if (names.length <= keep) return;
  const files = await Promise.all(
    names.map(async (name) => ({ path: join(dir, name), changed: (await stat(join(dir, name)).catch(() => undefined))?.mtimeMs ?? 0 })),
  );
  files.sort((a, b) => b.changed - a.changed);
  await Promise.all(files.slice(keep).map(({ path }) => rm(path, { force: true })));
}
