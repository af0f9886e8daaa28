import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PlatformError } from '../protocol/errors.ts';
import { createFreshLoader, loadStackFresh } from './load-fresh.ts';
import { loadStack } from './loader.ts';

const INDEX = fileURLToPath(new URL('./index.ts', import.meta.url));
const HEAD = `import * as fib from ${JSON.stringify(INDEX)};\nexport default fib.defineStack((app, { env, config }) => {\n  const stack = new fib.FunctionStack(app, 'shop');\n`;
const FUNCTION = `  new fib.Function(stack, 'hello', { runtime: 'nodejs', handler: 'index.handler', code: fib.Code.fromDirectory('./code'), env: { STAGE: env, ...config } });\n`;

// Each load is a worker that imports cdk8s: a busy machine takes its time.
vi.setConfig({ testTimeout: 30_000 });

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fib-load-'));
  write({ 'code/index.js': 'exports.handler = () => 1;' });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

const file = () => join(folder, 'stack.ts');

async function failure(): Promise<PlatformError> {
  const error = await loadStackFresh(file()).catch((thrown: unknown) => thrown);
  if (error instanceof PlatformError) return error;
  throw new Error(`not a PlatformError: ${String(error)}`);
}

function envOf(result: Awaited<ReturnType<typeof loadStack>>): unknown {
  return (result.objects.find(({ object }) => object.kind === 'Function')?.object['spec'] as { env: unknown } | undefined)?.env;
}

test('a stack file is loaded, told its environment, and says what it was made from', async () => {
  write({ 'stack.ts': `${HEAD}${FUNCTION}});\n` });
  const result = await loadStack(file(), { env: 'test', config: { COLOR: 'red' } });
  expect(envOf(result)).toEqual({ STAGE: 'test', COLOR: 'red' });
  expect(result.sources).toEqual([file(), join(folder, 'code')]);
  expect(result.packages.size).toBe(1);
});

test('loaded afresh, the stack file and what it imports are read anew', async () => {
  write({
    'stack.ts': `import { name } from './name.ts';\n${HEAD}  new fib.PodPool(stack, name, { runtime: 'nodejs', min: 0, max: 1 });\n});\n`,
    'name.ts': `export const name: string = 'one';`,
  });
  const first = await loadStackFresh(file());
  write({ 'name.ts': `export const name: string = 'two';` });
  const second = await loadStackFresh(file());
  expect([first, second].map(({ objects }) => objects[0]?.id)).toEqual(['PodPool/default/one', 'PodPool/default/two']);
  expect(second.sources).toEqual([file(), join(folder, 'name.ts')]);
});

test('a loader with the next thread ready reads anew, too, and keeps what was ready for one load', async () => {
  const loader = createFreshLoader();
  try {
    for (const name of ['one', 'two', 'three']) {
      if (name !== 'three') loader.prepare();
      write({ 'stack.ts': `${HEAD}  new fib.PodPool(stack, '${name}', { runtime: 'nodejs', min: 0, max: 1 });\n});\n` });
      expect((await loader.load(file())).objects[0]?.id).toBe(`PodPool/default/${name}`);
    }
  } finally {
    await loader.close();
  }
});

test('loaded afresh is the same as loaded here', async () => {
  write({ 'stack.ts': `${HEAD}${FUNCTION}});\n` });
  const [here, fresh] = [await loadStack(file()), await loadStackFresh(file())];
  expect(fresh.objects).toEqual(here.objects);
  expect([...fresh.packages].map(([digest, bytes]) => [digest, Buffer.from(bytes).toString()])).toEqual(
    [...here.packages].map(([digest, bytes]) => [digest, Buffer.from(bytes).toString()]),
  );
});

test.each<[string, Record<string, string>, string, RegExp]>([
  ['a syntax error', { 'stack.ts': `${HEAD}  const = 1;\n});\n` }, 'STACK_LOAD_FAILED', /stack\.ts:4: SyntaxError/],
  [
    'an import that does not exist',
    { 'stack.ts': `import './gone.ts';\n${HEAD}});\n` },
    'STACK_LOAD_FAILED',
    /^\S*stack\.ts: Error: Cannot find module '.*gone\.ts' imported from .*stack\.ts/,
  ],
  [
    'a syntax error in a module that it imports',
    { 'stack.ts': `import './part.ts';\n${HEAD}});\n`, 'part.ts': `export const a = 1;\nexport const b = ;\n` },
    'STACK_LOAD_FAILED',
    /part\.ts:2: SyntaxError/,
  ],
  ['an exception at the top', { 'stack.ts': `${HEAD}});\nthrow new Error('boom');\n` }, 'STACK_LOAD_FAILED', /stack\.ts:5: Error: boom/],
  ['an exception inside of defineStack', { 'stack.ts': `${HEAD}  null.x;\n});\n` }, 'STACK_LOAD_FAILED', /stack\.ts:4: TypeError: Cannot read/],
  [
    'a prop that is refused',
    { 'stack.ts': `${HEAD}  new fib.PodPool(stack, 'p', { runtime: 'nodejs', min: 2, max: 1 });\n});\n` },
    'SPEC_INVALID',
    /min \(2\) must not exceed max \(1\)\n {2}at .*stack\.ts:4$/,
  ],
  ['no default export', { 'stack.ts': `export const a = 1;\n` }, 'STACK_LOAD_FAILED', /does not export a stack: write export default defineStack/],
  ['another default export', { 'stack.ts': `export default () => {};\n` }, 'STACK_LOAD_FAILED', /does not export a stack/],
  ['no such file', {}, 'STACK_LOAD_FAILED', /^\S*stack\.ts: Error: Cannot find module/],
  [
    'code that is not there',
    { 'stack.ts': `${HEAD}${FUNCTION.replace('./code', './nowhere')}});\n` },
    'CODE_INVALID',
    /shop\/hello: the code folder .*nowhere does not exist/,
  ],
  ['an end of the process', { 'stack.ts': `process.exit(3);\n` }, 'STACK_LOAD_FAILED', /ended the process that loads it with code 3/],
])('%s is told with file and line, and the files to watch for the correction', async (_, files, code, message) => {
  write(files);
  const error = await failure();
  expect(error.message).toMatch(message);
  expect(error.code).toBe(code);
  expect(error.details['sources']).toContain(file());
});

test('of a folder of code with a problem, the folder is watched for the correction', async () => {
  write({ 'stack.ts': `${HEAD}${FUNCTION.replace('./code', './nowhere')}});\n` });
  expect((await failure()).details['sources']).toEqual([file(), join(folder, 'nowhere')]);
});

test('what a stack prints goes to stderr, all of it', async () => {
  write({ 'stack.ts': `console.log('at the top');\n${HEAD}  console.log('inside');\n});\n` });
  const written: string[] = [];
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => written.push(String(chunk)) > 0);
  await loadStackFresh(file()).finally(() => spy.mockRestore());
  expect(written.join('')).toBe('at the top\ninside\n');
});
