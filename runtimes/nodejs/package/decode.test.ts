import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodePackage } from './decode.ts';

function encode(files: { path: string; bytes: Buffer }[]): { bytes: Buffer; digest: string; size: number } {
  const manifest = JSON.stringify({ format: 1, files: files.map(({ path, bytes }) => ({ path, size: bytes.length })) });
  const bytes = Buffer.concat([Buffer.from(`${manifest}\n`), ...files.map((file) => file.bytes)]);
  return { bytes, size: bytes.length, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
}

const one = (path: string) => encode([{ path, bytes: Buffer.from('x') }]);

test('whatever the files hold, they come out as they went in', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array()), (contents) => {
      const files = contents.map((bytes, index) => ({ path: `f${String(index).padStart(6, '0')}`, bytes: Buffer.from(bytes) }));
      const packed = encode(files);
      expect(decodePackage(packed.bytes, packed)).toEqual(files);
    }),
  );
});

test('no path that leaves the folder is taken, however it is spelt', () => {
  const part = fc.constantFrom('..', '.', '', 'a', '\\', 'a\0', '...');
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
      const path = parts.join('/');
      const packed = one(path);
      const harmless = parts.every((item) => ['a', '...'].includes(item));
      if (harmless) expect(decodePackage(packed.bytes, packed)).toHaveLength(1);
      else expect(() => decodePackage(packed.bytes, packed)).toThrow(expect.objectContaining({ code: 'PACKAGE_INVALID' }));
    }),
  );
});

test('a file cannot be a folder too, and order is by code point', () => {
  const x = Buffer.from('x');
  const both = encode([
    { path: 'a', bytes: x },
    { path: 'a/b', bytes: x },
  ]);
  expect(() => decodePackage(both.bytes, both)).toThrow(/a file and a folder/);
  const beyondBmp = encode([
    { path: '\uff5e', bytes: x },
    { path: '\u{1f600}', bytes: x },
  ]);
  expect(decodePackage(beyondBmp.bytes, beyondBmp)).toHaveLength(2);
});

test('a package of 10,001 files is refused', () => {
  const many = encode(Array.from({ length: 10_001 }, (_, index) => ({ path: String(index).padStart(6, '0'), bytes: Buffer.alloc(0) })));
  expect(() => decodePackage(many.bytes, many)).toThrow(/10001 files/);
});
