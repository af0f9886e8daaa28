import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { PlatformError } from '../protocol/errors.ts';
import type { Storage } from './storage.ts';

/** Packages as files `<hex>.pkg`. One process owns the folder. */
export interface FolderStorage extends Storage {
  /** Digests of all packages. */
  packages(): Iterable<string>;
  /** Who has it open reads on. */
  remove(hex: string): Promise<void>;
  /** Bytes for which there is room now, and would be without any package. */
  free(): { readonly now: number; readonly empty: number };
  readonly quotaBytes: number;
}

const PACKAGE = /^([0-9a-f]{64})\.pkg$/;
const TEMPORARY = 'upload-';

/** What a killed process left half written is removed. @throws Error where the folder cannot be read and written */
export async function openFolder(dir: string, quotaBytes: number): Promise<FolderStorage> {
  await mkdir(dir, { recursive: true });
  await proveWritable(dir);
  const sizes = await readSizes(dir);
  let used = [...sizes.values()].reduce((total, size) => total + size, 0);
  let reserved = 0;
  const path = (hex: string) => join(dir, `${hex}.pkg`);
  return {
    size: async (hex) => sizes.get(hex),
    open: (hex) => open(path(hex), 'r'),
    async isIntact(hex) {
      if (!sizes.has(hex)) return false;
      const hash = createHash('sha256');
      await pipeline(createReadStream(path(hex)), hash).catch(() => undefined);
      return hash.digest('hex') === hex;
    },
    async reserve(bytes) {
      if (used + bytes > quotaBytes) throw noRoom(bytes, `${used} are in use`);
      if (used + reserved + bytes > quotaBytes) throw heldByOthers(bytes);
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
    async remove(hex) {
      used -= sizes.get(hex) ?? 0;
      sizes.delete(hex);
      await rm(path(hex), { force: true });
    },
    discard: (temporary) => rm(temporary, { force: true }),
    usedBytes: () => used,
    count: () => sizes.size,
    packages: () => sizes.keys(),
    free: () => ({ now: quotaBytes - used - reserved, empty: quotaBytes - reserved }),
    quotaBytes,
    close: () => Promise.resolve(),
  };
}

/** @param why a clause */
export function noRoom(bytes: number, why: string): PlatformError {
  return new PlatformError('ARTIFACTS_FULL', `there is no room for a package of ${bytes} bytes: ${why}`);
}

export function heldByOthers(bytes: number): PlatformError {
  return new PlatformError('ARTIFACTS_BUSY', `other packages that come or go hold the room for ${bytes} bytes just now: try again in a moment`);
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
