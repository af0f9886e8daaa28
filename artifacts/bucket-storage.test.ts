import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../protocol/digest.ts';
import type { BringLimits } from './bring.ts';
import type { Bucket } from './bucket.ts';
import { openBucketStorage } from './bucket-storage.ts';
import { openFolder } from './folder.ts';
import type { Storage } from './storage.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const hexOf = (bytes: Uint8Array) => digestOf(bytes).replace('sha256:', '');

let dir: string;
let objects: Map<string, Uint8Array>;
let asked: string[];
let cancelled: number;
/** What comes in place of an object's bytes. */
let source: ((hex: string) => AsyncIterable<Uint8Array>) | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fib-bucket-storage-'));
  [objects, asked, cancelled, source] = [new Map(), [], 0, undefined];
});
afterEach(() => rmSync(dir, { recursive: true }));

const bucket: Bucket = {
  async get(hex) {
    asked.push(hex);
    const cancel = async () => void cancelled++;
    if (source) return { body: source(hex), cancel };
    const bytes = objects.get(hex);
    if (!bytes) return undefined;
    const body = (async function* () {
      yield bytes;
    })();
    return { bytes: bytes.length, body, cancel };
  },
  has: (hex) => Promise.resolve(objects.has(hex)),
  put: async (hex, file) => void objects.set(hex, await readFile(file)),
  prove: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
const open = async (quota: number, limits?: BringLimits): Promise<Storage> => openBucketStorage(bucket, await openFolder(dir, quota), limits);
const contentOf = async (storage: Storage, hex: string) => {
  await using file = await storage.open(hex);
  return hexOf(await file.readFile());
};
const inBucket = (bytes: number): string => {
  const content = randomBytes(bytes);
  objects.set(hexOf(content), content);
  return hexOf(content);
};

describe('a package in a bucket', () => {
  it('comes once, however many ask for it at once, and then is here', async () => {
    const storage = await open(10 * KIB);
    const hex = inBucket(KIB);
    expect(await Promise.all(Array.from({ length: 20 }, () => storage.size(hex)))).toEqual(Array(20).fill(KIB));
    expect([await storage.size(hex), asked]).toEqual([KIB, [hex]]);
  });

  it('that is not there is asked for again', async () => {
    const storage = await open(10 * KIB);
    const content = randomBytes(KIB);
    expect([await storage.size(hexOf(content)), await storage.isIntact(hexOf(content))]).toEqual([undefined, false]);
    objects.set(hexOf(content), content);
    expect(await storage.size(hexOf(content))).toBe(KIB);
  });

  it('makes room for itself where the one lies that was not asked for the longest', async () => {
    const storage = await open(3 * KIB);
    const [a, b, c, d] = [inBucket(KIB), inBucket(KIB), inBucket(KIB), inBucket(KIB)];
    for (const hex of [a, b, c, a, d]) await storage.size(hex);
    expect(readdirSync(dir).toSorted()).toEqual([a, c, d].map((hex) => `${hex}.pkg`).toSorted());
    expect([storage.usedBytes(), storage.count()]).toEqual([3 * KIB, 3]);
  });

  it('for which there is no room at all is not read, and leaves nothing', async () => {
    const storage = await open(KIB);
    const held = await storage.reserve(KIB);
    const hex = inBucket(KIB);
    await expect(storage.size(hex)).rejects.toMatchObject({ code: 'ARTIFACTS_BUSY' });
    expect([cancelled, readdirSync(dir)]).toEqual([1, []]);
    held.release();
    expect(await storage.size(hex)).toBe(KIB);
  });

  it('stays for one that would find no room without it either', async () => {
    const storage = await open(3 * KIB);
    const here = inBucket(KIB);
    await storage.size(here);
    const held = await storage.reserve(2 * KIB);
    await expect(storage.reserve(2 * KIB)).rejects.toMatchObject({ code: 'ARTIFACTS_BUSY' });
    await expect(storage.reserve(4 * KIB)).rejects.toMatchObject({ code: 'ARTIFACTS_FULL', message: expect.stringContaining('4096') });
    expect(storage.count()).toBe(1);
    held.release();
    await storage.reserve(3 * KIB);
    expect(storage.count()).toBe(0);
  });

  it('that was removed from the bucket is not intact, although it is here', async () => {
    const storage = await open(10 * KIB);
    const hex = inBucket(KIB);
    await storage.size(hex);
    expect(await storage.isIntact(hex)).toBe(true);
    objects.delete(hex);
    expect([await storage.isIntact(hex), await contentOf(storage, hex)]).toEqual([false, hex]);
  });

  it('that the disk damaged comes again for who asks whether it is intact', async () => {
    const storage = await open(10 * KIB);
    const hex = inBucket(KIB);
    await storage.size(hex);
    writeFileSync(join(dir, `${hex}.pkg`), 'other');
    expect([await storage.isIntact(hex), await contentOf(storage, hex), asked.length]).toEqual([true, hex, 2]);
    writeFileSync(join(dir, `${hex}.pkg`), 'other');
    objects.delete(hex);
    expect([await storage.isIntact(hex), await storage.size(hex), storage.usedBytes()]).toEqual([false, undefined, 0]);
  });

  it('whose file somebody removed comes again; a disk that keeps none is told', async () => {
    const storage = await open(10 * KIB);
    const hex = inBucket(KIB);
    await storage.size(hex);
    rmSync(join(dir, `${hex}.pkg`));
    expect([await contentOf(storage, hex), storage.usedBytes()]).toEqual([hex, KIB]);
    rmSync(join(dir, `${hex}.pkg`));
    objects.delete(hex);
    await expect(storage.open(hex)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const none = openBucketStorage(bucket, {
      ...(await openFolder(dir, KIB)),
      open: () => Promise.reject(Object.assign(new Error('none'), { code: 'ENOENT' })),
    });
    await expect(none.open(inBucket(KIB))).rejects.toMatchObject({ code: 'ARTIFACTS_BUSY' });
  });

  const stalled = () => new Readable({ read: () => undefined });
  const trickling = async function* () {
    for (;;) yield await new Promise<Buffer>((resolve) => setImmediate(resolve, Buffer.from('a')));
  };
  const endless = async function* () {
    for (const chunk = Buffer.alloc(4 * MIB); ;) yield chunk;
  };
  const noSpace = async function* () {
    yield Buffer.from('a');
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };
  it.each<[string, () => AsyncIterable<Uint8Array>, BringLimits, string, RegExp]>([
    ['that stops', stalled, { idleMs: 5 }, 'ARTIFACTS_UNAVAILABLE', /too slowly: no byte came for 5 ms/],
    ['that never ends', trickling, { wholeMs: 5 }, 'ARTIFACTS_UNAVAILABLE', /too slowly: it took longer than 5 ms/],
    ['that is too large, and did not say so', endless, {}, 'PACKAGE_INVALID', /has more than 67108864 bytes; deploy the function again/],
    ['for which the disk has no room', noSpace, {}, 'ARTIFACTS_BUSY', /no room .*ENOSPC/],
  ])('%s is given up, with the reason, and leaves nothing', async (_, body, limits, code, message) => {
    source = body;
    const storage = await open(64 * MIB, limits);
    await expect(storage.size('a'.repeat(64))).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect([readdirSync(dir), cancelled]).toEqual([[], 1]);
    await storage.reserve(64 * MIB);
  });

  it('that is something else is refused each time, and is not intact', async () => {
    const storage = await open(10 * KIB);
    const hex = 'a'.repeat(64);
    objects.set(hex, randomBytes(KIB));
    await expect(storage.size(hex)).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
    await expect(storage.size(hex)).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
    expect([await storage.isIntact(hex), readdirSync(dir), storage.usedBytes()]).toEqual([false, [], 0]);
    expect(await storage.reserve(10 * KIB)).toBeDefined();
  });

  it('can be opened although its room was taken since it was found', async () => {
    const storage = await open(KIB);
    const [wanted, other] = [inBucket(KIB), inBucket(KIB)];
    await storage.size(wanted);
    await storage.size(other);
    const file = await storage.open(wanted);
    expect(hexOf(await file.readFile())).toBe(wanted);
    await file.close();
  });
});
