import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProject as createFromTemplate } from '../../cli/init/create-project.ts';
import { chooseTemplate, TEMPLATES } from '../../cli/init/templates.ts';
import { watcherPrograms } from '../../constructs/build/watcher-programs.ts';
import { loadStack, type LoadOptions } from '../../constructs/loader.ts';
import { decodePackage } from '../../protocol/package.ts';
import { createProject, ROOT, type TestProject } from './cli-world/project.ts';
import { readmeCalls } from './cli-world/readme-calls.ts';
import { applyStack } from './cli-world/stack-on-platform.ts';
import { eventually, type Platform, startPlatform } from './platform.ts';

const ALL = Object.entries(TEMPLATES).flatMap(([template, { runtimes }]) => Object.keys(runtimes).map((runtime) => ({ template, runtime })));
const run = promisify(execFile);
const PYTHON = process.env['FIB_PYTHON'] ?? 'python3';

describe('what fib init makes', () => {
  let project: TestProject;
  let platform: Platform;
  const folderOf = (template: string, runtime: string) => join(project.dir, `${template}-${runtime}`);

  beforeAll(async () => {
    project = await createProject({});
    await symlink(join(ROOT, 'node_modules/@types'), join(project.dir, 'node_modules/@types'));
    for (const { template, runtime } of ALL) await createFromTemplate(folderOf(template, runtime), chooseTemplate(template, runtime));
    platform = await startPlatform({ scaler: watcherPrograms('go', 'java') });
  });
  afterAll(async () => {
    await platform.close();
    await project.close();
  });

  test('type-checks', async () => {
    await cp(join(folderOf('http', 'nodejs'), 'tsconfig.json'), join(project.dir, 'tsconfig.json'));
    const { stdout } = await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', '.', '--pretty', 'false'], { cwd: project.dir }).catch(
      (error: { stdout: string }) => error,
    );
    expect(stdout).toBe('');
  });

  test.each(ALL)('$template in $runtime passes its own tests', { timeout: 120_000 }, async ({ template, runtime }) => {
    const cwd = folderOf(template, runtime);
    const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap'], { cwd }).catch((error: { stdout: string }) => error);
    expect(stdout).toMatch(/^# pass [1-9]\d*$/m);
    expect(stdout).toMatch(/^# fail 0$/m);
  });

  test.each(ALL)('$template in $runtime answers as its README says', { timeout: 120_000 }, async ({ template, runtime }) => {
    const readme = readmeCalls(await readFile(join(folderOf(template, runtime), 'README.md'), 'utf8'));
    const answers = await callAll(
      template,
      runtime,
      readme.map(({ words }) => words),
    );
    expect(withoutDates(answers)).toEqual(withoutDates(readme.map(({ answer }) => answer)));
    expect(answers).not.toEqual([]);
  });

  test('ml takes its model from the URL that the stack is given', { timeout: 120_000 }, async () => {
    const model = JSON.stringify({ features: ['area', 'rooms', 'distance'], weights: [1, 0, 0], bias: 0.5 });
    const bucket = createServer((_request, response) => response.end(model)).listen(0, '127.0.0.1');
    await new Promise((resolve) => bucket.once('listening', resolve));
    const modelUrl = `http://127.0.0.1:${(bucket.address() as AddressInfo).port}/models/rent.json`;
    const words = readmeCalls(await readFile(join(folderOf('ml', 'python'), 'README.md'), 'utf8')).map((call) => call.words);
    const answers = await callAll('ml', 'python', words, { config: { modelUrl } });
    bucket.close();
    expect(answers).toEqual([{ rents: [60.5, 90.5] }]);
  });

  test('ml has the model that its training makes', async () => {
    const folder = folderOf('ml', 'python');
    const model = join(folder, 'functions/rent/model.json');
    const readModel = async () => JSON.parse(await readFile(model, 'utf8')) as unknown;
    const delivered = await readModel();
    const { packages } = await loadStack(join(folder, 'stack.ts'), { target: 'local', python: PYTHON });
    for (const { path, bytes } of [...packages.values()].flatMap(decodePackage)) {
      await mkdir(dirname(join(folder, 'package', path)), { recursive: true });
      await writeFile(join(folder, 'package', path), bytes);
    }
    await rm(model);
    await run(PYTHON, ['train.py'], { cwd: folder, env: { ...process.env, PYTHONPATH: join(folder, 'package/site-packages') } });
    expect(await readModel()).toEqual(delivered);
  });

  /** Runs the stack on the platform, and gives the answers as JSON. */
  async function callAll(template: string, runtime: string, calls: readonly (readonly string[])[], options: LoadOptions = {}): Promise<unknown[]> {
    const namespace = `${template}-${runtime}`;
    const stack = await applyStack(
      platform,
      await loadStack(join(folderOf(template, runtime), 'stack.ts'), {
        ...options,
        namespace,
        target: 'local',

        python: PYTHON,
      }),
      namespace,
    );
    const answers: unknown[] = [];
    for (const words of calls) {
      // A moment passes until the gateway knows the route.
      const { status, body } = await eventually(
        () => stack.call(words).then((answer) => (answer.status === 404 ? undefined : answer)),
        10_000,
        () => `${namespace} has no route for ${words.join(' ')}`,
      );
      expect([status, body]).toEqual([expect.toSatisfy((code: number) => code >= 200 && code < 300), expect.any(String)]);
      answers.push(JSON.parse(body));
    }
    await stack.remove();
    return answers;
  }
});

/** Days pass, and READMEs stay. */
function withoutDates(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll(/\d{4}-\d{2}-\d{2}/g, '<date>'));
}
