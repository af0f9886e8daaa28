import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PlatformError } from '../protocol/errors.ts';
import { decodePackage } from '../protocol/package.ts';
import { Code } from './code.ts';
import { isIgnored } from './code-folder.ts';

let base = '';

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'fib-code-'));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(base, path)), { recursive: true });
    writeFileSync(join(base, path), text);
  }
}

function pack(code: Code, runtime: 'nodejs' | 'python' = 'nodejs', handler = 'index.handler') {
  return code.pack({ baseDirectory: base, runtime, handler });
}

function filesOf(code: Code): string[] {
  return decodePackage(pack(code).bytes).map(({ path }) => path);
}

test('equal folders give byte-identical packages, whatever their place, times and order of making', () => {
  write({ 'a/index.js': '1', 'a/lib/x.js': '2', 'a/lib/b.js': '3' });
  write({ 'b/lib/b.js': '3', 'b/lib/x.js': '2', 'b/index.js': '1' });
  utimesSync(join(base, 'b/index.js'), 1, 1);
  const [a, b] = [pack(Code.fromDirectory('./a')), pack(Code.fromDirectory(join(base, 'b')))];
  expect(Buffer.from(a.bytes).equals(Buffer.from(b.bytes))).toBe(true);
  expect(a.digest).toBe(b.digest);
});

test('another byte gives another digest', () => {
  write({ 'a/index.js': '1', 'b/index.js': '2' });
  expect(pack(Code.fromDirectory('a')).digest).not.toBe(pack(Code.fromDirectory('b')).digest);
});

test('dependencies come along; version control, secrets and editors’ files do not', () => {
  write({
    'a/index.js': '',
    'a/node_modules/dep/index.js': '',
    'a/.git/HEAD': '',
    'a/.env': 'SECRET=1',
    'a/.env.local': 'SECRET=1',
    'a/x/__pycache__/m.pyc': '',
    'a/index.js~': '',
    'a/.vscode/s.json': '',
  });
  expect(filesOf(Code.fromDirectory('a'))).toEqual(['index.js', 'node_modules/dep/index.js']);
});

test.each([
  '.git',
  '.svn',
  '.hg',
  '.env',
  '.env.production',
  '__pycache__',
  'main.pyc',
  '.index.js.swp',
  'index.js~',
  '.#index.js',
  '#index.js#',
  '.DS_Store',
  '.idea',
  '.venv',
])('%s is left out', (name) => {
  expect(isIgnored(name)).toBe(true);
});

test.each(['index.js', '.npmrc', 'environment', '.envelope', 'git', 'a.env.js', '.gitignore'])('%s is packed', (name) => {
  expect(isIgnored(name)).toBe(false);
});

test('links inside of the folder are followed', () => {
  write({ 'a/lib/real.js': 'x' });
  symlinkSync('lib/real.js', join(base, 'a/index.js'));
  symlinkSync('lib', join(base, 'a/also'));
  expect(filesOf(Code.fromDirectory('a'))).toEqual(['also/real.js', 'index.js', 'lib/real.js']);
});

test.each<[string, () => void, RegExp]>([
  ['a missing folder', () => {}, /the code folder .*\/a does not exist; correct the path/],
  ['an empty folder', () => mkdirSync(join(base, 'a')), /the code folder .*\/a is empty/],
  ['a folder of nothing but what is left out', () => write({ 'a/.env': 'X=1' }), /is empty/],
  ['a file for a folder', () => write({ a: 'x' }), /is not a folder; for a single file use Code.fromFile/],
  [
    'a link out of the folder',
    () => {
      write({ 'a/index.js': '', 'secret.txt': 'x' });
      symlinkSync('../secret.txt', join(base, 'a/stolen.txt'));
    },
    /"stolen.txt" in the code folder .* is a link to .*secret.txt, out of the code folder; copy the file/,
  ],
  [
    'a link to a folder with the same beginning',
    () => {
      write({ 'a/index.js': '', 'ab/x': 'x' });
      symlinkSync('../ab', join(base, 'a/b'));
    },
    /"b" in the code folder .* is a link to .*ab, out of the code folder/,
  ],
  [
    'a link to nothing',
    () => {
      write({ 'a/index.js': '' });
      symlinkSync('nowhere', join(base, 'a/gone'));
    },
    /"gone" .* is a link to nothing/,
  ],
  [
    'a link in a circle',
    () => {
      write({ 'a/lib/index.js': '' });
      symlinkSync('..', join(base, 'a/lib/up'));
    },
    /"lib\/up" .* is a link to a folder that holds it/,
  ],
  [
    'more than 64 MiB',
    () => {
      write({ 'a/index.js': '', 'a/big.bin': '' });
      truncateSync(join(base, 'a/big.bin'), 65 * 1024 * 1024);
    },
    /has 68157440 bytes, more than the 67108864 \(64 MiB\) of a package; the largest file is big.bin with 68157440 bytes/,
  ],
])('%s is refused with the file and the rule', (_, prepare, message) => {
  prepare();
  const action = () => pack(Code.fromDirectory('a'));
  expect(action).toThrow(PlatformError);
  expect(action).toThrow(message);
});

test('a single file keeps its name', () => {
  write({ 'greet.js': 'x' });
  expect(filesOf(Code.fromFile('./greet.js'))).toEqual(['greet.js']);
  expect(filesOf(Code.fromFile(pathToFileURL(join(base, 'greet.js'))))).toEqual(['greet.js']);
  expect(() => pack(Code.fromFile('gone.js'))).toThrow(/the code file .*gone.js does not exist/);
  expect(() => pack(Code.fromFile('.'))).toThrow('use Code.fromDirectory');
});

test.each([
  ['nodejs', 'index.handler', 'index.js'],
  ['nodejs', 'src/app.main', 'src/app.js'],
  ['python', 'main.handler', 'main.py'],
] as const)('inline code of %s with the handler %s is %s', (runtime, handler, path) => {
  const { bytes } = pack(Code.fromInline('code'), runtime, handler);
  expect(decodePackage(bytes).map((file) => [file.path, Buffer.from(file.bytes).toString()])).toEqual([[path, 'code']]);
});

test('inline code needs text', () => {
  expect(() => Code.fromInline(' ')).toThrow('it is empty');
});
