import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodePackage, encodePackage, type PackageFile } from './package.ts';

const part = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .filter((text) => !/[/\\\0]/.test(text) && text !== '.' && text !== '..' && text.isWellFormed());
const files: fc.Arbitrary<PackageFile[]> = fc.uniqueArray(
  fc.record({ path: fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/').normalize('NFC')), bytes: fc.uint8Array({ maxLength: 64 }) }),
  { maxLength: 8, selector: ({ path }) => path },
);

test('what is packed is unpacked as it was, and in any order the package is the same', () => {
  fc.assert(
    fc.property(files, (list) => {
      const packed = encodePackage(list);
      const unpacked = new Map(decodePackage(packed.bytes).map(({ path, bytes }) => [path, [...bytes]]));
      expect(unpacked).toEqual(new Map(list.map(({ path, bytes }) => [path, [...bytes]])));
      expect(encodePackage([...list].reverse()).digest).toBe(packed.digest);
    }),
  );
});

test('a package with any byte cut off is refused', () => {
  fc.assert(
    fc.property(files, fc.double({ min: 0, max: 0.999, noNaN: true }), (list, share) => {
      const { bytes } = encodePackage(list);
      expect(() => decodePackage(bytes.subarray(0, Math.floor(bytes.length * share)))).toThrow();
    }),
  );
});

test.each(['', '/etc/passwd', '../x', 'a/../b', 'a//b', './a', 'a\\b', 'a\0b', 'x'.repeat(513)])('the path %j cannot be packed', (path) => {
  expect(() => encodePackage([{ path, bytes: new Uint8Array() }])).toThrow('cannot be packed');
});

test.each([
  ['a path twice', '{"format":1,"files":[{"path":"a","size":0},{"path":"a","size":0}]}\n'],
  ['paths out of order', '{"format":1,"files":[{"path":"b","size":0},{"path":"a","size":0}]}\n'],
  ['a path that leads out', '{"format":1,"files":[{"path":"../a","size":0}]}\n'],
  ['bytes of no file', '{"format":1,"files":[]}\nx'],
  ['another format', '{"format":2,"files":[]}\n'],
  ['no JSON', 'x\n'],
  ['no line', ''],
])('%s is refused when unpacked', (_, text) => {
  expect(() => decodePackage(Buffer.from(text))).toThrow(expect.objectContaining({ code: 'PACKAGE_INVALID' }));
});
