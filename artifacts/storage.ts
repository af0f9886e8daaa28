import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Packages as files `<hex>.pkg`. One process owns the folder. */
export interface Storage {
  /** Size of a package, or undefined where there is none. */
  size(hex: string): number | undefined;
  /** To be closed by who opens it. */
  open(hex: string): Promise<FileHandle>;
  /** Whether what lies there is what its name says: disks lie. */
  isIntact(hex: string): Promise<boolean>;
  /** Sets room aside, or says that there is none. Give it back after `keep`, or instead of it. */
  reserve(bytes: number): { release(): void } | undefined;
  /** A file for what is not known to be whole yet. */
  temporary(): string;
  /** Puts a temporary file in its place, durably, whatever was there. */
  keep(temporary: string, hex: string, bytes: number): Promise<void>;
  discard(temporary: string): Promise<void>;
  usedBytes(): number;
  count(): number;
}

const PACKAGE = /^([0-9a-f]{64})\.pkg$/;
const TEMPORARY = 'upload-';

/** What a killed process left half written is removed. @throws Error where the folder cannot be read and written */
export async function openStorage(dir: string, quotaBytes: number): Promise<Storage> {
  await mkdir(dir, { recursive: true });
  await proveWritable(dir);
  const sizes = await readSizes(dir);
  let used = [...sizes.values()].reduce((total, size) => total + size, 0);
  let reserved = 0;
  const path = (hex: string) => join(dir, `${hex}.pkg`);
  return {
    size: (hex) => sizes.get(hex),
    open: (hex) => open(path(hex), 'r'),
    async isIntact(hex) {
      const hash = createHash('sha256');
      await pipeline(createReadStream(path(hex)), hash).catch(() => undefined);
      return hash.digest('hex') === hex;
    },
    reserve(bytes) {
      if (used + reserved + bytes > quotaBytes) return undefined;
      reserved += bytes;
      let held = bytes;
      return {
        release() {
          reserved -= held;
          held = 0;
        },
      };
    },
    temporary: () => join(dir, TEMPORARY + randomUUID()),
    async keep(temporary, hex, bytes) {
      await rename(temporary, path(hex));
      used += bytes - (sizes.get(hex) ?? 0);
      sizes.set(hex, bytes);
      await syncFolder(dir);
    },
    discard: (temporary) => rm(temporary, { force: true }),
    usedBytes: () => used,
    count: () => sizes.size,
  };
}

async function readSizes(dir: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const hex = PACKAGE.exec(entry.name)?.[1];
    if (entry.isFile() && hex !== undefined) sizes.set(hex, (await stat(join(dir, entry.name))).size);
    else if (entry.isFile() && entry.name.startsWith(TEMPORARY)) await rm(join(dir, entry.name));
  }
  return sizes;
}

/** A volume of other owners shows at the start, not at the first upload. */
async function proveWritable(dir: string): Promise<void> {
  const file = join(dir, `${TEMPORARY}${randomUUID()}`);
  await writeFile(file, '');
  await rm(file);
}

/** A name is durable when its folder is. */
async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
