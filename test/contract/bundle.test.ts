import { afterAll, beforeAll, expect, it } from 'vitest';
import { createProject, type Dev, type TestProject } from './cli-world/project.ts';

const STACK = `
import * as fib from 'fibonacci-faas';

export default fib.defineStack((app) => {
  const stack = new fib.FunctionStack(app, 'test');
  const pool = new fib.PodPool(stack, 'pool', { runtime: fib.Runtime.NODEJS, min: 1, max: 6 });
  const add = (name, entry) => {
    const fn = new fib.Function(stack, name, { runtime: fib.Runtime.NODEJS, handler: 'index.handler', code: fib.Code.bundle(entry), deployment: fib.hot(pool) });
    new fib.HttpTrigger(stack, name + '-http', { function: fn, path: '/' + name });
  };
  add('hello', 'src/hello.ts');
  add('bye', 'src/bye.ts');
});
`;
const WORDS = (text: string) => `export interface Words {\n  readonly text: string;\n}\n\nexport const words: Words = { text: '${text}' };\n`;
const FILES = {
  'stack.ts': STACK,
  'src/hello.ts':
    "import { words } from './lib/words.ts';\nimport { fail } from './lib/fail.ts';\n\nexport const handler = (event: { query: { fail?: string } }): string => (event.query.fail ? fail() : words.text);\n",
  'src/bye.ts': "import { words } from './lib/words.ts';\nexport const handler = (): string => `bye ${words.text}`;\n",
  'src/lib/words.ts': WORDS('first'),
  'src/lib/fail.ts': "type Never = never;\n\nexport function fail(): Never {\n  const sentence: string = 'as asked';\n  throw new TypeError(sentence);\n}\n",
};

let project: TestProject;
let dev: Dev;
const answer = async (path: string) => (await dev.fetch(path)).text();
const answers = (path: string, text: string) => expect.poll(() => answer(path), { timeout: 20_000, interval: 20 }).toBe(text);

beforeAll(async () => {
  project = await createProject(FILES);
  dev = await project.dev();
});
afterAll(() => project.close());

it('a function in TypeScript of several modules answers', async () => {
  expect(await answer('/hello')).toBe('first');
  expect(await answer('/bye')).toBe('bye first');
});

it('a saved module is in all functions that import it, and only code was packed anew', async () => {
  const since = dev.output().length;
  await project.write({ 'src/lib/words.ts': WORDS('second') });
  await answers('/hello', 'second');
  await answers('/bye', 'bye second');
  expect(dev.output().slice(since)).toMatch(/code.*hello|hello.*code/);
});

it('what it throws is in the log with the source’s file and line', async () => {
  expect((await dev.fetch('/hello?fail=1')).status).toBe(502);
  const logged = async () => (await project.fib(['logs', 'hello'])).stdout;
  await expect.poll(logged, { timeout: 10_000 }).toContain('src/lib/fail.ts:5:9');
  expect(await logged()).toContain('src/hello.ts:4:');
});

it('what it throws while it loads is told with the source’s file and line, and the old code goes on', async () => {
  const since = dev.output().length;
  await project.write({ 'src/lib/words.ts': `interface Unused {\n  a: number;\n}\n${WORDS('third')}\nthrow new Error('not today');\n` });
  await dev.shows(/default\/hello.*LOAD_FAILED.*src\/lib\/words\.ts:10/, since);
  expect(await answer('/hello')).toBe('second');
});

it('a syntax error is told with file, line and column, and the old code goes on', async () => {
  const since = dev.output().length;
  await project.write({ 'src/lib/words.ts': 'export const words = {\n  text: ((;\n};\n' });
  await dev.shows('src/lib/words.ts:2:11: Unexpected ";"', since);
  expect(await answer('/hello')).toBe('second');
  await project.write({ 'src/lib/words.ts': WORDS('fourth') });
  await answers('/hello', 'fourth');
});

it('a module that is imported for the first time is watched from then on', async () => {
  await project.write({
    'src/bye.ts': "import { late } from './late.ts';\nexport const handler = (): string => late;\n",
    'src/late.ts': "export const late = 'late';\n",
  });
  await answers('/bye', 'late');
  await project.write({ 'src/late.ts': "export const late = 'later';\n" });
  await answers('/bye', 'later');
});
