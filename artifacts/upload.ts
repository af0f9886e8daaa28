import type { IncomingMessage } from 'node:http';
import { PlatformError } from '../protocol/errors.ts';
import { MAX_PACKAGE_BYTES } from '../protocol/package.ts';
import { receiveFile } from './receive-file.ts';
import type { Storage } from './storage.ts';

/** Takes packages, a few at once. */
export interface Uploads {
  /**
   * Resolves to whether the package is new here. One that is here whole is not read again; of any other, `onWanted` is called before its bytes are read.
   * @throws PlatformError BAD_REQUEST, PACKAGE_TOO_LARGE, ARTIFACTS_BUSY, ARTIFACTS_FULL, ARTIFACTS_UNAVAILABLE, DIGEST_MISMATCH; other errors where the sender goes away
   */
  receive(request: IncomingMessage, hex: string, onWanted: () => void): Promise<'created' | 'present'>;
}

const MAX_AT_ONCE = 8;
/** Without a byte for so long it is given up. */
const IDLE_MS = 30_000;

export function createUploads(storage: Storage, { idleMs = IDLE_MS }: { readonly idleMs?: number | undefined } = {}): Uploads {
  let running = 0;
  return {
    async receive(request, hex, onWanted) {
      const bytes = declaredBytes(request);
      if (running >= MAX_AT_ONCE) throw new PlatformError('ARTIFACTS_BUSY', `${running} packages are being received: try again in a moment`);
      running++;
      try {
        if (await storage.isIntact(hex)) return 'present';
        await store(storage, { request, hex, bytes, idleMs, onWanted });
        return 'created';
      } finally {
        running--;
      }
    },
  };
}

/** Node.js reads no more than what was declared. */
function declaredBytes({ headers }: IncomingMessage): number {
  const text = headers['content-length'];
  if (text === undefined) throw new PlatformError('BAD_REQUEST', 'a package is sent with its content-length');
  const bytes = Number(text);
  if (bytes <= MAX_PACKAGE_BYTES) return bytes;
  throw new PlatformError('PACKAGE_TOO_LARGE', `the package has ${text} bytes, more than ${MAX_PACKAGE_BYTES} (64 MiB)`, { details: { size: bytes } });
}

interface Reception {
  readonly request: IncomingMessage;
  readonly hex: string;
  readonly bytes: number;
  readonly idleMs: number;
  onWanted(): void;
}

async function store(storage: Storage, { request, hex, bytes, idleMs, onWanted }: Reception): Promise<void> {
  const room = await storage.reserve(bytes);
  const file = storage.temporary();
  try {
    onWanted();
    const found = await receiveFile(request, file, { idleMs });
    if (found.hex !== hex) throw new PlatformError('DIGEST_MISMATCH', `the bytes have the digest sha256:${found.hex}, not sha256:${hex}`);
    await storage.keep(file, hex, bytes);
  } catch (error) {
    await storage.discard(file);
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    throw new PlatformError('ARTIFACTS_FULL', `the volume has no room for a package of ${bytes} bytes`, { cause: error });
  } finally {
    room.release();
  }
}
