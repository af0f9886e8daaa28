import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProject, ROOT, type TestProject } from './cli-world/project.ts';

const STACK = `import * as fib from 'fibonacci-faas';
export default fib.defineStack((app, { env, config }) => {
  const stack = new fib.FunctionStack(app, 'test');
  new fib.Function(stack, config.name ?? 'hello', { runtime: fib.Runtime.NODEJS, handler: 'index.handler', code: fib.Code.fromInline('export const handler = () => 1;'), env: { ENV: env }, deployment: fib.cold() });
});`;

describe('fib', () => {
  let project: TestProject;
  beforeAll(async () => {
    project = await createProject({ 'stack.ts': STACK });
  });
  afterAll(() => project.close());

  it('refuses what it does not know with exit code 2, and suggests', async () => {
    const { code, stderr } = await project.fib(['synht']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/USAGE unknown command 'synht'[^]*Did you mean synth/);
  });

  it('shows no stack trace, and one with FIB_DEBUG=1', async () => {
    const quiet = await project.fib(['synth', 'absent.ts']);
    expect(quiet.stderr).not.toMatch(/^\s+at /m);
    const loud = await project.fib(['synth', 'absent.ts'], { ...process.env, FIB_DEBUG: '1' });
    expect(loud.stderr).toMatch(/^\s+at /m);
  });

  it('gives errors as JSON with --json', async () => {
    const { code, stdout } = await project.fib(['ps', '--json'], { ...process.env, KUBECONFIG: '/nowhere' });
    expect(code).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'NOT_RUNNING', wayOut: expect.stringContaining('fib dev') } });
  });

  it('explains a code, whatever its case', async () => {
    expect((await project.fib(['explain', 'no_capacity'])).stdout).toMatch(/NO_CAPACITY \(HTTP 503\)[^]*→ Raise/);
    const unknown = await project.fib(['explain', 'NO_CAPACTY']);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('did you mean NO_CAPACITY')]);
  });

  it('synthesizes with --env and --config, one file an object, and changes nothing the second time', async () => {
    const args = ['synth', '--env', 'production', '--config', 'name=other', '--json'];
    const first = JSON.parse((await project.fib(args)).stdout) as { written: string[] };
    expect(first.written).toContain('functions/function/default.other.yaml');
    expect(readdirSync(join(project.dir, 'manifests/functions/function'))).toEqual(['default.other.yaml']);
    const { stdout } = await project.fib(['synth', '--env', 'production', '--config', 'name=other', '--print']);
    expect(stdout).toMatch(/ENV: production/);
    expect(JSON.parse((await project.fib(args)).stdout)).toMatchObject({ written: [], removed: [] });
  });

  it('makes a new stack that type-checks and synthesizes', async () => {
    const { code } = await project.fib(['init', 'mine']);
    expect(code).toBe(0);
    execFileSync(join(ROOT, 'node_modules/.bin/tsc'), ['-p', 'mine', '--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')], {
      cwd: project.dir,
    });
    const { stdout } = await project.fib(['synth', 'mine/stack.ts', '--print']);
    expect(stdout).toMatch(/kind: Function/);
  });

  it('does not write over a stack that is there', async () => {
    const { code, stderr } = await project.fib(['init', '.']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/has stack\.ts already/)]);
  });

  it('names missing tools with the line to run, and exit code 4', async () => {
    const { FIB_PYTHON: _python, FIB_PROMETHEUS: _prometheus, FIB_ALERTMANAGER: _alertmanager, ...env } = process.env;
    const { code, stdout } = await project.fib(['doctor'], { ...env, PATH: '/nowhere' });
    expect(code).toBe(4);
    expect(stdout).toMatch(/runtime python is off[^]*runtime go is off[^]*scaling by rules is off[^]*run: python3 -m venv[^]*run: /);
  });

  it('completes commands in bash', async () => {
    const { stdout } = await project.fib(['completion', 'bash']);
    const completed = execFileSync('bash', ['-c', `${stdout}\nCOMP_WORDS=(fib in); COMP_CWORD=1; _fib; echo "\${COMPREPLY[*]}"`], { encoding: 'utf8' });
    expect(completed.trim()).toBe('init invoke');
  });
});
