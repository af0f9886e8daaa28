import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { digestOf } from '../protocol/digest.ts';
import type { Bucket } from './bucket.ts';
import { openBucketStorage } from './bucket-storage.ts';
import { openFolder } from './folder.ts';
import type { Storage } from './storage.ts';

const KIB = 1024;
const hexOf = (bytes: Uint8Array) => digestOf(bytes).replace('sha256:', '');

let dir: string;
let objects: Map<string, Uint8Array>;
let asked: string[];
let cancelled: number;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'fib-bucket-storage-'));
  [objects, asked, cancelled] = [new Map(), [], 0];
});
afterEach(() => rmSync(dir, { recursive: true }));

const bucket: Bucket = {
  async get(hex) {
    asked.push(hex);
    const bytes = objects.get(hex);
    if (!bytes) return undefined;
    const body = (async function* () {
      yield bytes;
    })();
    return { bytes: bytes.length, body, cancel: async () => void cancelled++ };
  },
  put: async (hex, file) => void objects.set(hex, await readFile(file)),
  prove: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
const open = async (quota: number): Promise<Storage> => openBucketStorage(bucket, await openFolder(dir, quota));
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
    held?.release();
    expect(await storage.size(hex)).toBe(KIB);
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
