import { PlatformError } from '../protocol/errors.ts';
import { MAX_PACKAGE_BYTES } from '../protocol/package.ts';
import type { Bucket } from './bucket.ts';
import type { FolderStorage } from './folder.ts';
import { GivenUp, receiveFile, type ReceiveLimits } from './receive-file.ts';
import type { Room } from './storage.ts';

export interface Bringing {
  readonly bucket: Bucket;
  readonly folder: FolderStorage;
  reserve(bytes: number): Promise<Room>;
  keep(file: string, hex: string, bytes: number): Promise<void>;
}

export type BringLimits = Partial<Pick<ReceiveLimits, 'idleMs' | 'wholeMs'>>;

/** Longer than the bucket's own limit of 30 s, which names the bucket. */
const IDLE_MS = 45_000;

/** From the bucket to the folder. @throws PlatformError PACKAGE_INVALID, ARTIFACTS_BUSY, ARTIFACTS_FULL, ARTIFACTS_UNAVAILABLE */
export async function bring({ bucket, folder, reserve, keep }: Bringing, hex: string, limits: BringLimits): Promise<number | undefined> {
  const found = await bucket.get(hex);
  if (!found) return undefined;
  const { bytes: declared = MAX_PACKAGE_BYTES, body, cancel } = found;
  const file = folder.temporary();
  let room: Room | undefined;
  try {
    if (declared > MAX_PACKAGE_BYTES) throw damaged(hex, `has ${declared} bytes`);
    room = await reserve(declared);
    const got = await receiveFile(body, file, { idleMs: IDLE_MS, ...limits, maxBytes: MAX_PACKAGE_BYTES });
    if (got.hex !== hex) throw damaged(hex, `has the digest sha256:${got.hex}`);
    await keep(file, hex, got.bytes);
    return got.bytes;
  } catch (error) {
    await cancel();
    await folder.discard(file);
    throw explained(error, hex);
  } finally {
    room?.release();
  }
}

function explained(error: unknown, hex: string): unknown {
  if (error instanceof GivenUp && error.limit === 'size') return damaged(hex, `has more than ${MAX_PACKAGE_BYTES} bytes`);
  if (error instanceof GivenUp) return new PlatformError('ARTIFACTS_UNAVAILABLE', `the bucket sends package sha256:${hex} too slowly: ${error.message}`);
  if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') return error;
  return new PlatformError('ARTIFACTS_BUSY', `the disk of the artifact service has no room for package sha256:${hex} just now: ${(error as Error).message}`, {
    cause: error,
  });
}

function damaged(hex: string, what: string): PlatformError {
  return new PlatformError('PACKAGE_INVALID', `what the bucket has as package sha256:${hex} is something else: it ${what}; deploy the function again`);
}
