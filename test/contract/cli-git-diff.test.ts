import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DiffPart } from '../../cli/diff/part.ts';
import { createProject, type TestProject } from './cli-world/project.ts';

interface Shape {
  readonly timeout?: number;
  readonly memory?: number;
  readonly path?: string;
  readonly names?: readonly string[];
  readonly data?: string;
}

const stackFile = ({ timeout = 5, memory = 128, path = '/a', names = ['a', 'b'], data = '1' }: Shape) => `import * as fib from 'fibonacci-faas';
import { ApiObject } from 'cdk8s';
export default fib.defineStack((app) => {
  const stack = new fib.FunctionStack(app, 'shop');
  for (const name of ${JSON.stringify(names)}) {
    const fn = new fib.Function(stack, name, {
      runtime: fib.Runtime.NODEJS, handler: 'index.handler', code: fib.Code.fromInline('// ' + name),
      timeout: fib.Duration.seconds(name === 'a' ? ${timeout} : 5), deployment: fib.cold({ memory: fib.Size.mebibytes(name === 'a' ? ${memory} : 128) }),
    });
    new fib.HttpTrigger(stack, name + '-http', { function: fn, path: name === 'a' ? '${path}' : '/' + name });
  }
  new ApiObject(stack, 'fixed', { apiVersion: 'v1', kind: 'ConfigMap', immutable: true, data: { value: '${data}' } });
});`;

describe('fib diff --git', () => {
  let project: TestProject;
  const git = (...args: string[]) => execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: project.dir, stdio: 'pipe' });
  const diff = (...args: string[]) => project.fib(['diff', '--git', 'main', '--out', 'deploy', ...args]);
  const stackIs = (shape: Shape) => project.write({ 'stack.ts': stackFile(shape) });
  const changes = async () => {
    const { code, stdout } = await diff('--json');
    const { changes: parts } = JSON.parse(stdout) as { changes: DiffPart[] };
    return { code, effects: Object.fromEntries(parts.map(({ id, effects }) => [id, effects])), parts };
  };

  beforeAll(async () => {
    project = await createProject({ 'stack.ts': stackFile({}) });
    git('init', '-q', '-b', 'main');
    await project.fib(['synth', '--out', 'deploy']);
    await project.write({ 'deploy/functions/function/default.mine.yaml': 'kind: mine\n' });
    git('add', 'deploy');
    git('commit', '-q', '-m', 'tree');
    git('branch', 'empty', git('commit-tree', '-m', 'none', git('mktree', '--missing').toString().trim()).toString().trim());
  });
  afterAll(() => project.close());

  it('says that nothing changes, with exit code 0, also where the tree is not checked out', async () => {
    await stackIs({});
    expect(await diff()).toMatchObject({ code: 0, stdout: expect.stringMatching(/nothing changes in deploy since main: \d+ objects/) });
    await rm(join(project.dir, 'deploy'), { recursive: true });
    expect(await diff()).toMatchObject({ code: 0 });
    git('checkout', '-q', '--', 'deploy');
  });

  it('classifies every change, with exit code 2', async () => {
    await stackIs({ timeout: 6, memory: 256, path: '/moved', names: ['a', 'c'], data: '2' });
    const { code, effects } = await changes();
    const packages = Object.keys(effects).filter((id) => id.startsWith('ConfigMap/default/pkg-'));
    expect(code).toBe(2);
    expect(packages.map((id) => effects[id])).toEqual([['created'], ['removed']]);
    expect(Object.fromEntries(Object.entries(effects).filter(([id]) => !packages.includes(id)))).toEqual({
      'ConfigMap/default/fixed': ['replaced'],
      'Function/default/a': ['restarts-pods', 'new-revision'],
      'Function/default/c': ['created'],
      'Trigger/default/a-http': ['moves-traffic'],
      'Trigger/default/c-http': ['moves-traffic', 'created'],
      'Function/default/b': ['removed'],
      'Trigger/default/b-http': ['removed', 'moves-traffic'],
    });
  });

  it('shows the fields and their constructs, as text and as Markdown', async () => {
    await stackIs({ timeout: 6 });
    const { parts } = await changes();
    expect(parts).toMatchObject([{ id: 'Function/default/a', path: 'shop/a', action: 'update', fields: ['spec.timeout 5s → 6s'] }]);
    expect((await diff()).stdout).toMatch(
      /# Function\/default\/a: new revision\n--- main\/Function\/default\/a\n[^]*-  timeout: 5s\n\+  timeout: 6s\n[^]*1 object changes/,
    );
    const { code, stdout } = await diff('--markdown');
    expect(code).toBe(2);
    expect(stdout).toContain('| ✏️ | `Function/default/a` | `shop/a` | new revision | `spec.timeout 5s → 6s` |');
    expect(stdout).toMatch(/<details><summary>Function\/default\/a<\/summary>\n\n```diff\n[^]*\+ {2}timeout: 6s[^]*```\n<\/details>/);
  });

  it('knows a tree in shards by its objects', async () => {
    await stackIs({});
    const synth = await project.fib(['synth', '--out', 'deploy', '--argocd', 'https://git.example.com/shop.git', '--json']);
    const { written } = JSON.parse(synth.stdout) as { written: string[] };
    expect(written).toContain('functions/shard-0/function/default.a.yaml');
    expect(readFileSync(join(project.dir, 'deploy/argocd/application.shop-dev-functions-0.yaml'), 'utf8')).toContain('path: deploy/functions/shard-0\n');
    git('checkout', '-q', '-b', 'sharded');
    git('add', 'deploy');
    git('commit', '-q', '-m', 'shards');
    expect(await project.fib(['diff', '--git', 'sharded', '--out', 'deploy'])).toMatchObject({ code: 0 });
    await stackIs({ timeout: 6 });
    expect(await project.fib(['diff', '--git', 'sharded', '--out', 'deploy'])).toMatchObject({ code: 2, stdout: expect.stringContaining('1 object changes') });
  });

  it.each([
    ['a ref that is not there', ['--git', 'absent'], /GIT_FAILED git knows no commit "absent" here: bring it with `git fetch origin absent`/],
    [
      'a commit without the tree',
      ['--git', 'empty'],
      /GIT_FAILED deploy at empty \([0-9a-f]{8}\) has no synthesized tree: commit what `fib synth --out` writes/,
    ],
    ['another folder than that of the tree', ['--out', 'elsewhere'], /GIT_FAILED elsewhere at main/],
    ['a folder in no repository', ['--out', '/'], /GIT_FAILED \/ is in no git repository/],
    ['a cluster as well', ['--context', 'prod'], /USAGE --git compares with git/],
  ])('ends with exit code 1 for %s', async (_, args, message) => {
    const { code, stderr } = await diff(...args);
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
  });
});
