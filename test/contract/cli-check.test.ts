import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from './cli-world/ports.ts';
import { createProject, type TestProject } from './cli-world/project.ts';

interface Checked {
  readonly ok: boolean;
  readonly off: readonly string[];
  readonly functions: readonly {
    readonly function: string;
    readonly runtime: string;
    readonly ok: boolean;
    readonly cold: { readonly status: number; readonly phases: readonly { readonly name: string }[] };
    readonly warm: { readonly status: number; readonly error?: string };
  }[];
}

const check = async (project: TestProject, args: readonly string[] = [], env?: Readonly<Record<string, string | undefined>>) => {
  const run = await project.fib(['dev', '--check', '--json', '--port', String(await freePorts()), ...args], env);
  return { ...run, result: JSON.parse(run.stdout) as Checked };
};

describe('fib dev --check on the example', () => {
  let project: TestProject;
  beforeAll(async () => {
    project = await createProject({ copyOf: 'examples/hello' });
  });
  afterAll(() => project.close());

  it('calls every function cold and warm, with scaling by rules on, and ends with 0', async () => {
    const { code, result } = await check(project);
    expect(result.functions.map(({ function: name, ok }) => [name, ok])).toEqual([
      ['default/hello', true],
      ['default/tick', true],
      ['default/words', true],
    ]);
    expect(result.off).toEqual([]);
    expect(code).toBe(0);
    for (const { cold } of result.functions) expect(cold.phases.map(({ name }) => name)).toContain('allocate');
  });

  it('ends with 1 where a runtime is off, and says what to run', async () => {
    const { FIB_PYTHON: _python, ...env } = process.env;
    const { code, result } = await check(project, ['--no-monitoring'], { ...env, PATH: dirname(process.execPath) });
    expect(code).toBe(1);
    expect(result.off).toEqual([expect.stringMatching(/^python is off: no Python ≥ 3\.10.*run: python3 -m venv/)]);
    expect(result.functions.find(({ runtime }) => runtime === 'python')).toMatchObject({ ok: false, warm: { status: 503, error: 'RUNTIME_UNAVAILABLE' } });
    expect(result.functions.filter(({ runtime }) => runtime === 'nodejs').every(({ ok }) => ok)).toBe(true);
  });
});

describe('fib dev --check on a stack with a defect', () => {
  it('ends with 1 and names the function and the error', async () => {
    const project = await createProject({
      'stack.ts': `import * as fib from 'fibonacci-faas';
export default fib.defineStack((app) => {
  const stack = new fib.FunctionStack(app, 'test');
  new fib.Function(stack, 'bad', { runtime: fib.Runtime.NODEJS, handler: 'index.handler', code: fib.Code.fromInline('export const handler = () => { throw new Error("no"); };'), deployment: fib.cold() });
});`,
    });
    const { code, result } = await check(project, ['--no-monitoring']);
    await project.close();
    expect(code).toBe(1);
    expect(result.functions).toMatchObject([{ function: 'default/bad', ok: false, warm: { status: 502, error: 'FUNCTION_ERROR' } }]);
  });
});
