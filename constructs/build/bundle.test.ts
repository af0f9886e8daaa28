import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { PlatformError } from '../../protocol/errors.ts';
import { Code } from '../code.ts';
import { bundle, type BundleOptions } from './bundle.ts';
import { loadEsbuild } from './node-esbuild.ts';

/** A project with a TypeScript function of three modules, a dependency in an ES module and one in CommonJS. */
const PROJECT = {
  'src/index.ts': [
    "import { greet, unused } from './greet.ts';",
    "import { star } from 'starlight';",
    "import legacy from 'legacy';",
    'export const handler = (): string => greet(star) + legacy.where();',
    'export const other: typeof unused | undefined = undefined;',
  ].join('\n'),
  'src/greet.ts':
    "import { punctuation } from './punctuation.ts';\nexport const greet = (name: string): string => `Hello, ${name}${punctuation}`;\nexport const unused = () => 'not called by anything';\n",
  'src/punctuation.ts': "enum Mark { Exclamation = '!' }\nexport const punctuation = Mark.Exclamation;\n",
  'node_modules/starlight/package.json': '{"name":"starlight","type":"module","main":"index.js"}',
  'node_modules/starlight/index.js': "export const star = 'star';\n",
  'node_modules/legacy/package.json': '{"name":"legacy","main":"index.js"}',
  'node_modules/legacy/index.js': "const { sep } = require('path');\nexports.where = () => sep + typeof __dirname;\n",
};

function projectWith(files: Readonly<Record<string, string>>, at = ''): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'fib-bundle-')));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const folder = join(root, at);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const bundleOf = (folder: string, options: BundleOptions = {}, entry = 'src/index.ts') =>
  bundle({ folder, entry: join(folder, entry), module: 'index', ...options });
const textOf = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

function failureOf(action: () => unknown): PlatformError {
  try {
    action();
  } catch (error) {
    if (error instanceof PlatformError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

test('TypeScript and dependencies become one module that runs, where the handler names it', async () => {
  const folder = projectWith(PROJECT);
  const { files } = bundleOf(folder);
  expect(files.map(({ path }) => path).sort()).toEqual(['index.mjs', 'index.mjs.map']);
  const out = projectWith(Object.fromEntries(files.map(({ path, bytes }) => [path, textOf(bytes)])));
  const module = (await import(/* @vite-ignore */ pathToFileURL(join(out, 'index.mjs')).href)) as { handler: () => string };
  expect(module.handler()).toBe('Hello, star!/string');
});

test('what nothing uses is left out', () => {
  const { files } = bundleOf(projectWith({ ...PROJECT, 'src/index.ts': "export { greet as handler } from './greet.ts';" }));
  expect(files.map(({ bytes }) => textOf(bytes)).join()).not.toContain('not called by anything');
});

test('equal sources give equal bytes, wherever they lie, with no path of this machine', () => {
  const one = projectWith(PROJECT);
  const two = projectWith({}, 'some/where/else');
  cpSync(one, two, { recursive: true });
  const behindLink = join(projectWith({}, 'links'), '../a-link');
  mkdirSync(dirname(behindLink), { recursive: true });
  symlinkSync(two, behindLink);
  for (const options of [{}, { minify: true }]) {
    const [first, second, third] = [one, two, behindLink].map((folder) => bundleOf(folder, options).files.map(({ bytes }) => textOf(bytes)));
    expect(second).toEqual(first);
    expect(third).toEqual(first);
    expect(first?.join()).not.toContain(one);
  }
});

test('every file that is in it is told, so that a save of any makes it anew', () => {
  const folder = projectWith(PROJECT);
  const { inputs } = bundleOf(folder);
  expect(inputs.map((input) => input.slice(folder.length + 1)).sort()).toEqual(
    Object.keys(PROJECT)
      .filter((name) => !name.endsWith('.json'))
      .sort(),
  );
});

test('the source map names sources relative to the project, without their text', () => {
  const { files } = bundleOf(projectWith(PROJECT));
  const map = JSON.parse(textOf(files.find(({ path }) => path === 'index.mjs.map')?.bytes)) as { sources: string[]; sourcesContent?: unknown };
  expect(map.sources).toContain('src/greet.ts');
  expect(map.sourcesContent).toBeUndefined();
});

test('minified, it is shorter', () => {
  const folder = projectWith(PROJECT);
  const size = (options: BundleOptions) => bundleOf(folder, options).files.find(({ path }) => path === 'index.mjs')?.bytes.length ?? 0;
  expect(size({ minify: true })).toBeLessThan(size({}));
});

test('a package that the image has stays out, and an import of it in', () => {
  const folder = projectWith({ ...PROJECT, 'src/index.ts': "import sharp from 'sharp';\nexport const handler = () => sharp();" });
  expect(failureOf(() => bundleOf(folder)).message).toContain('src/index.ts:1:19: Could not resolve "sharp"');
  const { files } = bundleOf(folder, { external: ['sharp'] });
  expect(textOf(files[1]?.bytes) + textOf(files[0]?.bytes)).toContain('from "sharp"');
});

test('each error is told with file, line and column, and the files that it names are watched', () => {
  const folder = projectWith({ ...PROJECT, 'src/greet.ts': "import './gone.ts';\nimport 'missing-package';\n", 'src/punctuation.ts': 'export const = 1;\n' });
  const failure = failureOf(() => bundleOf(folder));
  expect(failure.code).toBe('CODE_INVALID');
  expect(failure.message.split('\n')).toEqual(
    expect.arrayContaining(['src/greet.ts:1:8: Could not resolve "./gone.ts"', 'src/greet.ts:2:8: Could not resolve "missing-package"']),
  );
  expect(failure.details).toMatchObject({ file: 'src/greet.ts', line: 1, sources: expect.arrayContaining([join(folder, 'src/greet.ts')]) as unknown });
});

test.each([
  ['a syntax error', { 'src/greet.ts': 'export const greet = (name: string) => {\n  return ((;\n};\n' }, 'src/greet.ts:2:12: Unexpected ";"'],
  [
    'an export that is not there',
    { 'src/greet.ts': 'export const hello = 1;\n' },
    'src/index.ts:1:10: No matching export in "src/greet.ts" for import "greet"',
  ],
  [
    'a native module',
    { 'src/greet.ts': "import './fast.node';\nexport const greet = 1, unused = 1;\n", 'src/fast.node': '' },
    'src/greet.ts:1:8: No loader is configured for ".node" files',
  ],
])('%s is told with its place', (_name, files, line) => {
  expect(failureOf(() => bundleOf(projectWith({ ...PROJECT, ...files }))).message).toContain(line);
});

test('an endless list of errors is cut', () => {
  const imports = Array.from({ length: 30 }, (_, index) => `import './gone-${index}.ts';`).join('\n');
  const { message } = failureOf(() => bundleOf(projectWith({ 'src/index.ts': imports })));
  expect(message.split('\n')).toHaveLength(22);
  expect(message).toContain('… and 10 more');
});

test('an entry that is not there is told by its path', () => {
  const folder = projectWith({});
  expect(failureOf(() => bundleOf(folder)).message).toBe(
    `the module ${folder}/src/index.ts does not exist; correct the path, which starts from the stack file’s folder`,
  );
});

test('without esbuild the way out is one line to run', () => {
  const failure = failureOf(() => loadEsbuild([projectWith({})]));
  expect(failure.code).toBe('TOOLCHAIN_MISSING');
  expect(failure.message).toContain('run npm install --save-dev esbuild');
});

test('an esbuild that does not run here is told as that', () => {
  const broken = { 'node_modules/esbuild/index.js': "exports.buildSync = () => { throw new Error('made for another platform'); };" };
  const failure = failureOf(() => bundleOf(projectWith({ ...PROJECT, ...broken })));
  expect(failure).toMatchObject({ code: 'TOOLCHAIN_MISSING', message: expect.stringContaining('does not run here (made for another platform)') as unknown });
});

test.each([
  [{ minfy: true }, /Code\.bundle is not valid:\s+minfy: .*minify/],
  [{ external: 'sharp' }, /external \("sharp"\) must be a list/],
  [{ external: [''] }, /external .* must be a list/],
  [{ minify: 1 }, /minify \(1\) must be true or false/],
])('the options %j are refused at once', (options, message) => {
  expect(() => Code.bundle('src/index.ts', options as BundleOptions)).toThrow(message);
});
