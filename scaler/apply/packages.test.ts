import { expect, test } from 'vitest';
import { KubernetesError } from '../../kit/kubernetes/client.ts';
import { renderPackageConfigMap } from '../../protocol/package-config-map.ts';
import { encodePackage } from '../../protocol/package.ts';
import { readPackageConfigMaps } from './package-config-map.ts';
import { createPackages } from './packages.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('a package is read once, however many ask for it, and then is in memory', async () => {
  let reads = 0;
  const packages = createPackages(async () => {
    reads++;
    return new Uint8Array([reads]);
  });
  const [first, second] = await Promise.all([packages.get('shop', 'sha256:a'), packages.get('shop', 'sha256:a')]);
  expect([first, second, packages.cached('sha256:a'), reads]).toEqual([new Uint8Array([1]), new Uint8Array([1]), new Uint8Array([1]), 1]);
});

test('a package takes its own size of memory, also where it was read as a part of something larger', async () => {
  const packages = createPackages(async () => new Uint8Array(new ArrayBuffer(1000), 10, 20));
  expect((await packages.get('shop', 'sha256:a')).buffer.byteLength).toBe(20);
});

test('what was used longest ago gives way to what is new', async () => {
  const packages = createPackages(async () => new Uint8Array(40), 100);
  for (const digest of ['a', 'b']) await packages.get('shop', digest);
  packages.cached('a');
  await packages.get('shop', 'c');
  expect(['a', 'b', 'c'].map((digest) => packages.cached(digest) !== undefined)).toEqual([true, false, true]);
});

test('a package that cannot be read is asked for again', async () => {
  let fails = true;
  const packages = createPackages(async () => {
    if (fails) throw new Error('away');
    return new Uint8Array(1);
  });
  await expect(packages.get('shop', 'a')).rejects.toThrow('away');
  fails = false;
  await expect(packages.get('shop', 'a')).resolves.toHaveLength(1);
});

test('many are verified a few at a time, and kept until half of the memory is full', async () => {
  let [reading, most, reads] = [0, 0, 0];
  const packages = createPackages(async () => {
    reads++;
    most = Math.max(most, ++reading);
    await turn();
    reading--;
    return new Uint8Array(10);
  }, 200);
  await Promise.all(Array.from({ length: 100 }, (_, index) => packages.verify('shop', `sha256:${index}`)));
  const kept = Array.from({ length: 100 }, (_, index) => packages.cached(`sha256:${index}`)).filter((bytes) => bytes !== undefined).length;
  expect([most, reads, packages.roomy]).toEqual([4, 100, false]);
  expect(kept).toBeGreaterThanOrEqual(10);
  expect(kept).toBeLessThan(15);
});

const pack = encodePackage([{ path: 'index.mjs', bytes: Buffer.from('export const handler = () => 1;\n') }]);
const answering = (answer: unknown) => ({ request: async () => answer as never });
const failing = (status: number) => ({
  request: async () => {
    throw new KubernetesError({ status, reason: 'X', message: 'it said no' });
  },
});

test('a package comes out of its ConfigMap byte for byte', async () => {
  await expect(readPackageConfigMaps(answering(renderPackageConfigMap(pack, 'shop', {})))('shop', pack.digest)).resolves.toEqual(pack.bytes);
});

test.each([
  ['is not there', failing(404), 'PACKAGE_INVALID', /namespace shop has no ConfigMap pkg-/],
  ['holds other content', answering(renderPackageConfigMap(encodePackage([]), 'shop', {})), 'PACKAGE_INVALID', /not sha256:/],
  ['cannot be read now', failing(0), 'INTERNAL', /could not be read: it said no/],
])('a ConfigMap that %s is told as such', async (_, client, code, message) => {
  await expect(readPackageConfigMaps(client)('shop', pack.digest)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});
