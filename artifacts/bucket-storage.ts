import type { FileHandle } from 'node:fs/promises';
import { PlatformError } from '../protocol/errors.ts';
import { bring, type BringLimits } from './bring.ts';
import type { Bucket } from './bucket.ts';
import { type FolderStorage, heldByOthers, noRoom } from './folder.ts';
import type { Room, Storage } from './storage.ts';

/**
 * Packages in a bucket. Those that were asked for last are in a folder, too: what comes from the bucket is whole there, and proven, before anyone gets a byte of it.
 * Several processes may share a bucket: each has a folder of its own.
 */
export function openBucketStorage(bucket: Bucket, folder: FolderStorage, limits: BringLimits = {}): Storage {
  // The one that was not asked for the longest stands first.
  const recent = new Set(folder.packages());
  const touch = (hex: string) => void (recent.delete(hex), recent.add(hex));
  const forget = async (hex: string) => {
    recent.delete(hex);
    if ((await folder.size(hex)) !== undefined) await folder.remove(hex);
  };
  const coming = new Map<string, Promise<number | undefined>>();

  const reserve = async (bytes: number): Promise<Room> => {
    if (bytes > folder.quotaBytes) throw noRoom(bytes, `the folder may take ${folder.quotaBytes}`);
    for (;;) {
      const { now, empty } = folder.free();
      if (bytes <= now) return folder.reserve(bytes);
      const [oldest] = recent;
      // No package goes for one that would not fit all the same.
      if (bytes > empty || oldest === undefined) throw heldByOthers(bytes);
      await forget(oldest);
    }
  };
  const keep = async (file: string, hex: string, bytes: number) => {
    await folder.keep(file, hex, bytes);
    touch(hex);
  };
  /** Asked for by many, it comes once; who asked may be gone by then. */
  const size = async (hex: string): Promise<number | undefined> => {
    const here = await folder.size(hex);
    if (here !== undefined) {
      touch(hex);
      return here;
    }
    let download = coming.get(hex);
    if (!download) {
      download = bring({ bucket, folder, reserve, keep }, hex, limits).finally(() => coming.delete(hex));
      coming.set(hex, download);
    }
    return download;
  };

  return {
    ...folder,
    size,
    reserve,
    async open(hex) {
      const here = await openIfThere(folder, hex);
      if (here) return here;
      // Another one took its room in this moment, or somebody removed the file.
      await forget(hex);
      if ((await size(hex)) === undefined) throw new PlatformError('NOT_FOUND', `the package sha256:${hex} is gone: deploy the function again`);
      const again = await openIfThere(folder, hex);
      if (again) return again;
      throw new PlatformError('ARTIFACTS_BUSY', `the package sha256:${hex} does not stay on the disk, others take its room: try again in a moment`);
    },
    async isIntact(hex) {
      if (await folder.isIntact(hex)) return bucket.has(hex);
      await forget(hex);
      try {
        return (await size(hex)) !== undefined;
      } catch (error) {
        if (error instanceof PlatformError && error.code === 'PACKAGE_INVALID') return false;
        throw error;
      }
    },
    async keep(file, hex, bytes) {
      await bucket.put(hex, file, bytes);
      await keep(file, hex, bytes);
    },
    close: () => bucket.close(),
  };
}

async function openIfThere(folder: FolderStorage, hex: string): Promise<FileHandle | undefined> {
  try {
    return await folder.open(hex);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
