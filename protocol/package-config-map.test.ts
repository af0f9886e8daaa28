import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { digestOf } from './digest.ts';
import type { PlatformError } from './errors.ts';
import { encodePackage, type PackageFile } from './package.ts';
import { decodePackageData, encodePackageData, packageConfigMapName, renderPackageConfigMap } from './package-config-map.ts';
import { renderYaml } from './yaml.ts';

const pack = (files: Readonly<Record<string, string | Uint8Array>>) =>
  encodePackage(Object.entries(files).map(([path, bytes]) => ({ path, bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes })));

const part = fc.stringMatching(/^[A-Za-z0-9._ äß%@#:"'{}$-]{1,12}$/).filter((text) => text !== '.' && text !== '..' && text === text.normalize('NFC'));
const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const content = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }).map((text) => new Uint8Array(Buffer.from(text))),
  fc.constantFrom('on\n', '\n\n a: b\n', '\ufeffx', 'a\r\nb', '---\n', ' \t', '\u2028').map((text) => new Uint8Array(Buffer.from(text))),
);
const packages = fc
  .uniqueArray(fc.record({ path, bytes: content }), { selector: (file: PackageFile) => file.path, maxLength: 12 })
  .map((files) => encodePackage(files));

test('any package comes back from its ConfigMap byte for byte, also through JSON and YAML', () => {
  fc.assert(
    fc.property(packages, (made) => {
      const object = renderPackageConfigMap(made, 'shop', {});
      for (const read of [object, JSON.parse(JSON.stringify(object)), parse(renderYaml(object), { version: '1.1' })]) {
        const again = decodePackageData(read, made.digest);
        expect(again.digest).toBe(made.digest);
        expect(Buffer.compare(Buffer.from(again.bytes), Buffer.from(made.bytes))).toBe(0);
      }
    }),
    { numRuns: 200 },
  );
});

test('every key is one that Kubernetes takes, and no two are equal', () => {
  fc.assert(
    fc.property(packages, (made) => {
      const { data = {}, binaryData = {} } = encodePackageData(made.bytes);
      const keys = [...Object.keys(data), ...Object.keys(binaryData)];
      expect(new Set(keys).size).toBe(keys.length);
      expect(keys.filter((key) => !/^[-._a-zA-Z0-9]{1,253}$/.test(key) || key.startsWith('..'))).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

test('what people read stays readable: text as text under the file’s name, folders by two underscores', () => {
  const made = pack({ 'index.mjs': 'export const a = 1;\n', 'lib/b.mjs': '', 'logo.png': Buffer.from([0x89, 0x50, 0]) });
  expect(renderPackageConfigMap(made, 'shop', { a: 'b' })).toEqual({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: packageConfigMapName(made.digest), namespace: 'shop', labels: { a: 'b' }, annotations: { 'fibonacci.dev/digest': made.digest } },
    immutable: true,
    data: {
      'fibonacci.files.json':
        '[\n  {"path":"index.mjs","key":"index.mjs"},\n  {"path":"lib/b.mjs","key":"lib__b.mjs"},\n  {"path":"logo.png","key":"logo.png"}\n]\n',
      'index.mjs': 'export const a = 1;\n',
      'lib__b.mjs': '',
    },
    binaryData: { 'logo.png': 'iVAA' },
  });
  expect(packageConfigMapName(made.digest)).toMatch(/^pkg-[0-9a-f]{40}$/);
});

test('files whose names differ only in signs that a key cannot hold get keys of their own', () => {
  const made = pack({ 'a/b': '1', a__b: '2', 'a b': '3', a_b: '4', 'fibonacci.files.json': '5', __proto__x: '6', ['__proto__']: '7', '..a': '8' });
  const { data = {} } = encodePackageData(made.bytes);
  expect(Object.keys(data).sort()).toEqual(
    ['2_a__b', '2_a_b', '2_fibonacci.files.json', '__proto__', '__proto__x', '_.a', 'a__b', 'a_b', 'fibonacci.files.json'].sort(),
  );
  expect(decodePackageData({ data }, made.digest).digest).toBe(made.digest);
});

describe('a ConfigMap that was tampered with is refused', () => {
  const made = pack({ 'index.mjs': 'a' });
  const { data = {} } = encodePackageData(made.bytes);
  test.each([
    ['no data', {}, /no list of files/],
    ['a list that is none', { data: { 'fibonacci.files.json': '{"path":1}' } }, /no list of files/],
    ['a file that is gone', { data: { 'fibonacci.files.json': data['fibonacci.files.json'] ?? '' } }, /no key "index.mjs"/],
    ['a file of an inherited name', { data: { 'fibonacci.files.json': '[{"path":"a","key":"toString"}]' } }, /no key "toString"/],
    ['other content', { data: { ...data, 'index.mjs': 'b' } }, /holds a package of digest/],
    ['a path that leads out', { data: { 'fibonacci.files.json': '[{"path":"../a","key":"index.mjs"}]', 'index.mjs': 'a' } }, /holds no package/],
    ['a file twice', { data: { 'fibonacci.files.json': `[${Array(2).fill('{"path":"a","key":"index.mjs"}').join()}]`, 'index.mjs': 'a' } }, /twice/],
  ])('%s', (_, map, message) => {
    expect(() => decodePackageData(map, made.digest)).toThrow(message);
    expect(() => decodePackageData(map, made.digest)).toThrow(expect.objectContaining({ code: 'PACKAGE_INVALID' }) as PlatformError);
  });

  test('and so are bytes that are no package, when it is made', () => {
    const bytes = Buffer.from('{"format":1, "files":[]}\n');
    expect(() => renderPackageConfigMap({ bytes, digest: digestOf(bytes) }, 'shop', {})).toThrow(/holds a package of digest/);
  });
});
