import { PlatformError } from '../protocol/errors.ts';
import { MAX_PACKAGE_BYTES } from '../protocol/package.ts';
import type { Bucket } from './bucket.ts';
import type { FolderStorage } from './folder.ts';
import { receiveFile } from './receive-file.ts';
import type { Room, Storage } from './storage.ts';

const IDLE_MS = 30_000;

/**
 * Packages in a bucket. Those that were asked for last are in a folder, too: what comes from the bucket is whole there, and proven, before anyone gets a byte of it.
 * Several processes may share a bucket: each has a folder of its own.
 */
export function openBucketStorage(bucket: Bucket, folder: FolderStorage): Storage {
  // The one that was not asked for the longest stands first.
  const recent = new Set(folder.packages());
  const touch = (hex: string) => void (recent.delete(hex), recent.add(hex));
  const coming = new Map<string, Promise<number | undefined>>();

  const reserve = async (bytes: number): Promise<Room | undefined> => {
    for (;;) {
      const room = await folder.reserve(bytes);
      const [oldest] = recent;
      if (room || oldest === undefined) return room;
      recent.delete(oldest);
      await folder.remove(oldest);
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
      download = bring({ bucket, folder, reserve, keep }, hex).finally(() => coming.delete(hex));
      coming.set(hex, download);
    }
    return download;
  };

  return {
    ...folder,
    size,
    reserve,
    async open(hex) {
      try {
        return await folder.open(hex);
      } catch (error) {
        // Another one took its room in this moment.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || (await size(hex)) === undefined) throw error;
        return folder.open(hex);
      }
    },
    async isIntact(hex) {
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

interface Bringing {
  readonly bucket: Bucket;
  readonly folder: FolderStorage;
  reserve(bytes: number): Promise<Room | undefined>;
  keep(file: string, hex: string, bytes: number): Promise<void>;
}

/** From the bucket to the folder. */
async function bring({ bucket, folder, reserve, keep }: Bringing, hex: string): Promise<number | undefined> {
  const found = await bucket.get(hex);
  if (!found) return undefined;
  const { bytes: declared = MAX_PACKAGE_BYTES, body, cancel } = found;
  const room = declared > MAX_PACKAGE_BYTES ? undefined : await reserve(declared);
  if (!room) {
    await cancel();
    if (declared > MAX_PACKAGE_BYTES) throw damaged(hex, `has ${declared} bytes`);
    throw new PlatformError('ARTIFACTS_BUSY', `there is no room for the ${declared} bytes of package sha256:${hex} just now: try again in a moment`);
  }
  const file = folder.temporary();
  try {
    const got = await receiveFile(body, file, { idleMs: IDLE_MS, maxBytes: MAX_PACKAGE_BYTES });
    if (got.hex !== hex) throw damaged(hex, `has the digest sha256:${got.hex}`);
    await keep(file, hex, got.bytes);
    return got.bytes;
  } catch (error) {
    await folder.discard(file);
    throw error;
  } finally {
    room.release();
  }
}

function damaged(hex: string, what: string): PlatformError {
  return new PlatformError('PACKAGE_INVALID', `what the bucket has as package sha256:${hex} is something else: it ${what}; deploy the function again`);
}
