import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadStack } from '../../constructs/loader.ts';
import { ROOT } from './cli-world/project.ts';
import { type ExampleProject, writeExamples } from './docs-world/examples.ts';
import { blocksOf, readExamples, readPages } from './docs-world/pages.ts';

const GUIDE = /^(README\.md|docs\/guide\/.*)$/;

let project: ExampleProject;
beforeAll(async () => {
  const pages = readPages().filter(({ path }) => GUIDE.test(path));
  const blocks = pages.flatMap(blocksOf).filter(({ language }) => language === 'ts');
  project = await writeExamples([...blocks, ...readExamples('constructs'), ...readExamples('constructs/platform')]);
});
afterAll(() => project.close());

test('there are examples in the guide, the README and the comments of the constructs', () => {
  const places = project.files.map(({ place }) => place.replace(/:\d+$/, ''));
  expect(places).toEqual(
    expect.arrayContaining([
      'README.md',
      'docs/guide/functions.md',
      'docs/guide/scaling.md',
      'docs/guide/testing.md',
      'docs/guide/triggers.md',
      'constructs/function.ts',
    ]),
  );
});

test('every example type-checks', async () => {
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
  const { stdout } = await promisify(execFile)(tsc, ['-p', '.', '--pretty', 'false'], { cwd: project.dir }).catch((error: { stdout: string }) => error);
  const places = project.files.reduce((text, { path, place }) => text.replaceAll(path.slice(project.dir.length + 1), `${place} (in its stack)`), stdout);
  expect(places).toBe('');
});

test('every stack among them is synthesized', async () => {
  const stacks = project.files.filter(({ isStack }) => isStack);
  const results = await Promise.all(
    stacks.map(({ path, place }) =>
      loadStack(path).then(
        () => [],
        (error: Error) => [`${place}: ${error.message}`],
      ),
    ),
  );
  expect(results.flat()).toEqual([]);
  expect(stacks.length).toBeGreaterThan(10);
});
