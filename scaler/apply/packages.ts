import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../protocol/digest.ts';
import { PlatformError } from '../../protocol/errors.ts';

/** Bytes of packages, by digest. */
export interface Packages {
  /** The bytes if they are in memory: the cold path waits for no disk. */
  cached(digest: string): Uint8Array | undefined;
  /** @throws PlatformError PACKAGE_INVALID if the file is missing or is not what its name says */
  get(digest: string): Promise<Uint8Array>;
  /** Reads it ahead where there is room, so that a cold start finds it in memory. What is wrong with it shows when it is needed. */
  warm(digest: string): void;
}

const MAX_CACHED_BYTES = 64 * 1024 * 1024;

/** Packages from `<dir>/<hex>.pkg`; the last used stay in memory up to `maxBytes`. */
export function createPackages(dir: string, maxBytes: number = MAX_CACHED_BYTES): Packages {
  const cache = new Map<string, Uint8Array>();
  const loading = new Map<string, Promise<Uint8Array>>();
  let total = 0;

  const cached = (digest: string) => {
    const bytes = cache.get(digest);
    if (bytes) {
      cache.delete(digest);
      cache.set(digest, bytes);
    }
    return bytes;
  };
  const keep = (digest: string, bytes: Uint8Array) => {
    cache.set(digest, bytes);
    total += bytes.length;
    for (const [oldest, { length }] of cache) {
      if (total <= maxBytes || oldest === digest) break;
      cache.delete(oldest);
      total -= length;
    }
  };
  const load = async (digest: string) => {
    const file = join(dir, `${digest.replace('sha256:', '')}.pkg`);
    const bytes = await readFile(file).catch((cause) => {
      throw new PlatformError('PACKAGE_INVALID', `the package ${digest} cannot be read: ${(cause as Error).message}; deploy the function again`, { cause });
    });
    if (digestOf(bytes) !== digest)
      throw new PlatformError('PACKAGE_INVALID', `the package ${digest} has other content than its digest says: deploy the function again`);
    keep(digest, bytes);
    return bytes;
  };
  const get = (digest: string) => {
    const bytes = cached(digest);
    if (bytes) return Promise.resolve(bytes);
    let pending = loading.get(digest);
    if (!pending) loading.set(digest, (pending = load(digest).finally(() => loading.delete(digest))));
    return pending;
  };
  return {
    cached,
    get,
    warm(digest) {
      if (total < maxBytes / 2 && !cache.has(digest)) void get(digest).catch(() => undefined);
    },
  };
}
