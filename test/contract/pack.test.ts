import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from './cli-world/ports.ts';
import { familyOf, stillRunning } from './cli-world/processes.ts';
import { ROOT } from './cli-world/project.ts';

const run = promisify(execFile);
/** Node.js 24 first, and nothing of the checkout: what is not in the package is not found. */
const env = {
  ...process.env,
  PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter),
  npm_config_prefer_offline: 'true',
  npm_config_audit: 'false',
  npm_config_fund: 'false',
  npm_config_update_notifier: 'false',
};

describe('the npm package', () => {
  let dir: string;
  let files: string[];
  const inDir = (command: string, args: readonly string[]) => run(command, [...args], { cwd: dir, env, timeout: 240_000, maxBuffer: 1 << 24 });

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'fib-pack-'));
    const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', dir], { cwd: ROOT, env, maxBuffer: 1 << 24 });
    const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
    files = packed.files.map(({ path }) => path);
    await inDir('npm', ['install', `./${packed.filename}`]);
  }, 300_000);
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('holds compiled code and the runtimes, and neither sources nor tests', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'dist/cli/main.js',
        'dist/constructs/index.d.ts',
        'dist/testing/index.js',
        'dist/gateway/main.js',
        'dist/scaler/main.js',
        'dist/runtimes/nodejs/start.json',
        'dist/runtimes/nodejs/main.js',
        'dist/runtimes/python/start.json',
        'dist/runtimes/python/fibonacci_watcher/__main__.py',
        'dist/gateway/Containerfile',
        'dist/runtimes/python/Containerfile',
        'dist/cli/templates/http/stack.ts',
      ]),
    );
    const strange = files.filter(
      (path) => !path.includes('/templates/') && (/\.test\.|__pycache__|fixtures|tsbuildinfo/.test(path) || (path.endsWith('.ts') && !path.endsWith('.d.ts'))),
    );
    expect(strange).toEqual([]);
  });

  it('has every file that its exports and its command name', async () => {
    const { exports, bin } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as {
      exports: Record<string, string | Record<string, string>>;
      bin: Record<string, string>;
    };
    const named = [...Object.values(exports).flatMap((target) => (typeof target === 'string' ? [target] : Object.values(target))), ...Object.values(bin)].map(
      (path) => path.replace(/^\.\//, ''),
    );
    expect(named.filter((path) => !files.includes(path))).toEqual([]);
  });

  it('brings one copy of constructs, and no Pulumi', async () => {
    const modules = await readdir(join(dir, 'node_modules'));
    expect(modules).toEqual(expect.arrayContaining(['cdk8s', 'constructs', 'fibonacci-faas']));
    expect(modules).not.toContain('@pulumi');
    const { stdout } = await inDir('npm', ['ls', 'constructs', '--all', '--parseable']);
    expect(
      stdout
        .trim()
        .split('\n')
        .filter((line) => line.endsWith('constructs')),
    ).toHaveLength(1);
  });

  it('has fibonacci-faas/pulumi for a project with Pulumi; another is told what it lacks', async () => {
    const load = () => inDir(process.execPath, ['-e', "import('fibonacci-faas/pulumi').then((pulumi) => console.log(Object.keys(pulumi).sort().join()))"]);
    await expect(load()).rejects.toThrow(/@pulumi\/pulumi/);
    const scope = join(dir, 'node_modules', '@pulumi');
    await mkdir(scope);
    await symlink(join(ROOT, 'node_modules/@pulumi/pulumi'), join(scope, 'pulumi'));
    try {
      expect((await load()).stdout).toMatch(/FibonacciPlatform.*FunctionStackComponent/);
    } finally {
      await rm(scope, { recursive: true });
    }
  });

  it('makes a stack in the empty folder, which type-checks, runs and answers', async () => {
    await inDir('npx', ['fib', 'init']);
    await inDir('npm', ['install']);
    await inDir('npx', ['tsc']);
    const port = await freePorts();
    const dev = spawn(join(dir, 'node_modules/.bin/fib'), ['dev', '--no-monitoring', '--port', String(port)], { cwd: dir, env, stdio: 'ignore' });
    const exit = new Promise((resolve) => dev.once('exit', resolve));
    const answer = () =>
      fetch(`http://127.0.0.1:${port}/hello?name=Ada`).then(
        (response) => response.json(),
        () => undefined,
      );
    await expect.poll(answer, { timeout: 30_000, interval: 100 }).toEqual({ message: 'Hello, Ada!', environment: 'dev' });
    const family = await familyOf(dev.pid ?? 0);
    dev.kill('SIGINT');
    expect(await exit).toBe(0);
    expect(await stillRunning(family)).toEqual([]);
  }, 300_000);
});
