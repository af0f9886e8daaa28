import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePorts } from './cli-world/ports.ts';
import { familyOf, stillRunning, waitForEnd } from './cli-world/processes.ts';
import { createProject, type Dev, ROOT, type TestProject } from './cli-world/project.ts';

const stackOf = (extra = '') => `
import * as fib from 'fibonacci-faas';

export default fib.defineStack((app) => {
  const stack = new fib.FunctionStack(app, 'test');
  const pool = new fib.PodPool(stack, 'pool', { runtime: fib.Runtime.NODEJS, min: 1, max: 6 });
  const hello = new fib.Function(stack, 'hello', {
    runtime: fib.Runtime.NODEJS, handler: 'index.handler', code: fib.Code.fromDirectory('./hello'), deployment: fib.hot(pool),
  });
  new fib.HttpTrigger(stack, 'hello-http', { function: hello, path: '/hello' });
  ${extra}
});
`;
const codeOf = (text: string) => `export const handler = () => { console.log('said ${text}'); return '${text}'; };\n`;
const FILES = { 'stack.ts': stackOf(), 'hello/index.mjs': codeOf('first') };

describe('fib dev', () => {
  let project: TestProject;
  let dev: Dev;
  const answer = async (path = '/hello') => (await dev.fetch(path)).text();
  const answers = (text: string) => expect.poll(() => answer(), { timeout: 20_000, interval: 20 }).toBe(text);

  beforeAll(async () => {
    project = await createProject(FILES);
    dev = await project.dev();
  });
  afterAll(() => project.close());

  it('answers at the URL that it prints', async () => {
    expect(dev.output()).toContain(`curl http://127.0.0.1:${dev.port}/hello`);
    expect(await answer()).toBe('first');
  });

  it('puts saved code into running instances and loses no request', async () => {
    let saved = true;
    const statuses = new Set<number>();
    const callers = [1, 2, 3].map(async () => {
      while (saved) statuses.add((await dev.fetch('/hello')).status);
    });
    for (const text of ['second', 'third', 'fourth']) {
      await project.write({ 'hello/index.mjs': codeOf(text) });
      await answers(text);
    }
    saved = false;
    await Promise.all(callers);
    expect([...statuses]).toEqual([200]);
  });

  it('serves a file that is saved by renaming another over it, as editors do', async () => {
    const { rename } = await import('node:fs/promises');
    await project.write({ 'hello/draft': codeOf('renamed') });
    await rename(join(project.dir, 'hello/draft'), join(project.dir, 'hello/index.mjs'));
    await answers('renamed');
  });

  it('keeps the old code where the new has a syntax error, and shows file and line', async () => {
    const since = dev.output().length;
    await project.write({ 'hello/index.mjs': 'export const handler = () => {\n  return ((;\n};\n' });
    await dev.shows(/default\/hello.*LOAD_FAILED.*index\.mjs:2/, since);
    expect(await answer()).toBe('renamed');
    await project.write({ 'hello/index.mjs': codeOf('repaired') });
    await answers('repaired');
  });

  it('reconciles a saved stack file: what is new comes, what is gone goes', async () => {
    await project.write({ 'stack.ts': stackOf("new fib.HttpTrigger(stack, 'other-http', { function: hello, path: '/other' });") });
    await expect.poll(() => answer('/other'), { timeout: 20_000 }).toBe('repaired');
    await project.write({ 'stack.ts': stackOf() });
    await expect.poll(async () => (await dev.fetch('/other')).status, { timeout: 20_000 }).toBe(404);
    expect(await answer()).toBe('repaired');
  });

  it('keeps what was applied where the stack does not load, and shows the place', async () => {
    const since = dev.output().length;
    await project.write({ 'stack.ts': stackOf('throw new Error("no such thing");') });
    await dev.shows(/stack\.ts:\d+.*no such thing|no such thing.*stack\.ts:\d+/s, since);
    expect(await answer()).toBe('repaired');
    await project.write({ 'stack.ts': stackOf() });
  });

  it('names a misspelt prop with its construct, and keeps what was applied', async () => {
    const since = dev.output().length;
    await project.write({ 'stack.ts': stackOf("new fib.PodPool(stack, 'second', { runtime: fib.Runtime.NODEJS, min: 1, maxx: 2 } as never);") });
    await dev.shows('maxx', since);
    expect(await answer()).toBe('repaired');
    await project.write({ 'stack.ts': stackOf() });
  });

  it('refuses a second one for the project, naming the first', async () => {
    const { code, stderr } = await project.fib(['dev', '--no-monitoring', '--port', String(await freePorts())]);
    expect(code).toBe(1);
    expect(stderr).toContain(`ALREADY_RUNNING process ${dev.pid}`);
  });

  it('lets invoke, ps and logs look into it', async () => {
    const invoked = JSON.parse((await project.fib(['invoke', 'hello', '--json'])).stdout) as { status: number; body: string; requestId: string };
    expect(invoked).toMatchObject({ status: 200, body: 'repaired' });
    const { functions, pools } = JSON.parse((await project.fib(['ps', '--json'])).stdout) as { functions: { name: string }[]; pools: { name: string }[] };
    expect(functions.map(({ name }) => name)).toEqual(['hello']);
    expect(pools.map(({ name }) => name)).toEqual(['default/pool']);
    await expect.poll(async () => (await project.fib(['logs', 'hello'])).stdout, { timeout: 10_000 }).toContain('said repaired');
  });

  it('tells how long each phase of a cold start took', async () => {
    await project.write({
      'cold/index.mjs': codeOf('cold'),
      'stack.ts': stackOf(
        "new fib.Function(stack, 'cold', { runtime: fib.Runtime.NODEJS, handler: 'index.handler', code: fib.Code.fromDirectory('./cold'), deployment: fib.hot(pool) });",
      ),
    });
    await expect
      .poll(async () => (await project.fib(['invoke', 'cold', '--trace'])).stdout, { timeout: 20_000 })
      .toMatch(/^cold\n200 in [\d.]+ ms.*\n\s+queue\s+[\d.]+ ms\n\s+allocate\s+[\d.]+ ms/);
  });

  it('ends everything at Ctrl-C', async () => {
    const family = await familyOf(dev.pid);
    expect(family.length).toBeGreaterThan(4);
    dev.kill('SIGINT');
    expect(await dev.exit).toBe(0);
    expect(await stillRunning(family)).toEqual([]);
  });

  it('starts again where it was, with the state of the last run', async () => {
    dev = await project.dev();
    expect(await answer()).toBe('repaired');
  });

  it('leaves nothing behind when it is killed', async () => {
    const family = await familyOf(dev.pid);
    dev.kill('SIGKILL');
    await dev.exit;
    expect(await waitForEnd(family, 10_000)).toEqual([]);
  });
});

describe('a start that cannot be', () => {
  let project: TestProject;

  beforeAll(async () => {
    project = await createProject(FILES);
  });
  afterAll(() => project.close());

  it('names the process that has the port', async () => {
    const port = await freePorts();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(port + 1, '127.0.0.1', resolve));
    const { code, stderr } = await project.fib(['dev', '--no-monitoring', '--port', String(port)]);
    taken.close();
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`PORT_IN_USE port ${port + 1} \\(admin\\) is taken by process ${process.pid} .*--port`));
  });

  it('ends with the stack’s error where it does not load', async () => {
    await project.write({ 'broken.ts': 'export default 1;' });
    const { code, stderr } = await project.fib(['dev', 'broken.ts', '--no-monitoring', '--port', String(await freePorts())]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/STACK_LOAD_FAILED .*broken\.ts.*defineStack/);
  });

  it('ends at Ctrl-C, also while the stack is still being made', async () => {
    await project.write({ 'slow.ts': `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);\n${stackOf()}` });
    const args = [join(ROOT, 'cli/main.ts'), 'dev', 'slow.ts', '--no-monitoring', '--port', String(await freePorts())];
    const dev = spawn(process.execPath, args, { cwd: project.dir, stdio: ['ignore', 'pipe', 'ignore'] });
    onTestFinished(() => void dev.kill('SIGKILL'));
    const ended = once(dev, 'exit');
    await new Promise<void>((resolve) => dev.stdout.on('data', (chunk) => String(chunk).includes('gateway') && resolve()));
    const family = await familyOf(dev.pid ?? 0);
    dev.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    expect(await stillRunning(family)).toEqual([]);
  });
});
