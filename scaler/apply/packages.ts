/** Bytes of packages, by digest. Namespaces matter only for where a package is read from: equal digests are equal bytes. */
export interface Packages {
  /** The bytes if they are in memory: the cold path waits for no disk and no API server. */
  cached(digest: string): Uint8Array | undefined;
  /** @throws PlatformError PACKAGE_INVALID if it is missing or is not what its digest says; INTERNAL where it cannot be asked for now */
  get(namespace: string, digest: string): Promise<Uint8Array>;
  /** Whether reading ahead would push nothing out of memory. */
  readonly roomy: boolean;
  /** Reads it in its turn, a few at a time, and keeps it where there is room, so that a cold start finds it in memory. @throws PlatformError as `get` does */
  verify(namespace: string, digest: string): Promise<void>;
}

/** Where packages come from. The bytes are those of the digest. @throws PlatformError as `get` does */
export type ReadPackage = (namespace: string, digest: string) => Promise<Uint8Array>;

const MAX_CACHED_BYTES = 64 * 1024 * 1024;
/** Reading ahead is for quiet moments: ten thousand functions must not become ten thousand requests at once. */
const AHEAD_AT_ONCE = 4;

/** Packages that were read; the last used stay in memory up to `maxBytes`. */
export function createPackages(read: ReadPackage, maxBytes: number = MAX_CACHED_BYTES): Packages {
  const cache = new Map<string, Uint8Array>();
  const loading = new Map<string, Promise<Uint8Array>>();
  const ahead: (() => Promise<void>)[] = [];
  let readingAhead = 0;
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
  const load = async (namespace: string, digest: string) => {
    // A copy, because a slice would keep all of the block in memory that it is cut from.
    const bytes = new Uint8Array(await read(namespace, digest));
    keep(digest, bytes);
    return bytes;
  };
  const get = (namespace: string, digest: string) => {
    const bytes = cached(digest);
    if (bytes) return Promise.resolve(bytes);
    const key = `${namespace} ${digest}`;
    let pending = loading.get(key);
    if (!pending) loading.set(key, (pending = load(namespace, digest).finally(() => loading.delete(key))));
    return pending;
  };
  const roomy = () => total < maxBytes / 2;
  const next = () => {
    while (readingAhead < AHEAD_AT_ONCE) {
      const work = ahead.shift();
      if (!work) return;
      readingAhead++;
      void work().finally(() => {
        readingAhead--;
        next();
      });
    }
  };
  const verify = async (namespace: string, digest: string) => {
    if (cache.has(digest)) return;
    await (roomy() ? get(namespace, digest) : read(namespace, digest));
  };
  return {
    cached,
    get,
    get roomy() {
      return roomy();
    },
    verify(namespace, digest) {
      return new Promise((resolve, reject) => {
        ahead.push(() => verify(namespace, digest).then(resolve, reject));
        next();
      });
    },
  };
}
