import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProject, type TestProject } from './cli-world/project.ts';

const STACK = `import * as fib from 'fibonacci-faas';
export default fib.defineStack((app, { env, config }) => {
  const stack = new fib.FunctionStack(app, 'test');
  const hello = new fib.Function(stack, 'hello', {
    runtime: fib.Runtime.NODEJS, handler: 'index.handler', code: fib.Code.fromInline('export const handler = () => process.env.GREETING;'),
    env: { ENV: env, GREETING: config.greeting ?? 'none', ...(config.password && { DB_PASSWORD: config.password }) },
  });
  new fib.HttpTrigger(stack, 'hello-http', { function: hello, path: '/hello' });
});`;

describe('fib synth for an environment', () => {
  let project: TestProject;
  const files = () => {
    const folder = join(project.dir, 'deploy');
    if (!existsSync(folder)) return [];
    const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return paths.filter((path) => path.endsWith('.yaml')).sort();
  };
  beforeEach(async () => {
    project = await createProject({ 'stack.ts': STACK, 'fib.prod.yaml': 'config:\n  greeting: hello from prod\n' });
  });
  afterEach(() => project.close());

  it('gives the stack the values of fib.<env>.yaml, and over them those of the command line', async () => {
    const print = async (...args: string[]) => (await project.fib(['synth', '--print', ...args])).stdout;
    expect(await print('--env', 'prod')).toMatch(/ENV: prod\n +GREETING: hello from prod\n/);
    expect(await print('--env', 'prod', '--config', 'greeting=hi')).toMatch(/GREETING: hi\n/);
    expect(await print()).toMatch(/ENV: dev\n +GREETING: none\n/);
  });

  it('writes a tree, and touches nothing the second time', async () => {
    const synth = () => project.fib(['synth', '--env', 'prod', '--out', 'deploy', '--json']);
    expect((await synth()).code).toBe(0);
    expect(files()).toEqual([
      expect.stringMatching(/^functions\/configmap\/default\.pkg-[0-9a-f]{40}\.yaml$/),
      'functions/function/default.hello.yaml',
      'functions/index.yaml',
      'functions/kustomization.yaml',
      'functions/trigger/default.hello-http.yaml',
    ]);
    const times = () => files().map((path) => statSync(join(project.dir, 'deploy', path), { bigint: true }).mtimeNs);
    const before = times();
    expect(JSON.parse((await synth()).stdout)).toMatchObject({ written: [], removed: [], unchanged: 5 });
    expect(times()).toEqual(before);
  });

  it.each([
    ['a secret in clear', ['--env', 'prod', '--config', 'password=hunter2'], /SECRET_IN_CLEAR [^]*test\/hello: [^]*spec\.env\.DB_PASSWORD/],
    ['an environment without a file', ['--env', 'prdo'], /CONFIG_INVALID there is no fib\.prdo\.yaml, but fib\.prod\.yaml/],
    ['a value of the wrong form', ['--env', 'wrong'], /CONFIG_INVALID fib\.wrong\.yaml: config\.greeting has no value/],
  ])('refuses %s, and writes nothing', async (_, args, message) => {
    await project.write({ 'fib.wrong.yaml': 'config:\n  greeting:\n' });
    const { code, stdout, stderr } = await project.fib(['synth', '--out', 'deploy', ...args]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
    expect(stdout + stderr).not.toContain('hunter2');
    expect(files()).toEqual([]);
  });

  it('is the same for fib dev, which applies a file of values when it is saved', async () => {
    await project.write({ 'fib.dev.yaml': 'config: { greeting: one }' });
    const dev = await project.dev();
    expect(await (await dev.fetch('/hello')).text()).toBe('one');
    const since = dev.output().length;
    await project.write({ 'fib.dev.yaml': 'config: { greeting: two }' });
    await dev.shows('stack: hello', since);
    await expect.poll(async () => (await dev.fetch('/hello')).text(), { timeout: 10_000 }).toBe('two');
  });
});
