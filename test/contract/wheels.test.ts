import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as fib from '../../constructs/index.ts';
import type { CodeContext } from '../../constructs/code-form.ts';
import { decodePackage } from '../../protocol/package.ts';
import { invoke, synthesize } from '../../testing/index.ts';
import { createProject } from './cli-world/project.ts';

const PYTHON = process.env['FIB_PYTHON'] ?? 'python3';
const MAIN =
  "from importlib.metadata import version\nimport greet\n\ndef handler(event, context):\n    return {'text': greet.hello(), 'version': version('greet')}\n";

const STACK = `
import * as fib from 'fibonacci-faas';

export default fib.defineStack((app) => {
  const stack = new fib.FunctionStack(app, 'test');
  const pool = new fib.PodPool(stack, 'pool', { runtime: fib.Runtime.PYTHON, min: 1, max: 3 });
  const hello = new fib.Function(stack, 'hello', { runtime: fib.Runtime.PYTHON, handler: 'main.handler', code: fib.Code.fromDirectory('./hello'), deployment: fib.hot(pool) });
  new fib.HttpTrigger(stack, 'hello-http', { function: hello, path: '/hello' });
});
`;

let base: string;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'fib-wheels-'));
  vi.stubEnv('XDG_CACHE_HOME', join(base, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(base, { recursive: true, force: true });
});

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(base, name)), { recursive: true });
    writeFileSync(join(base, name), text);
  }
}

/** Puts a wheel into `wheels/`. @param tags as in its file name */
function writeWheel(name: string, version: string, tags = 'py3-none-any', files: Readonly<Record<string, string>> = {}): void {
  const info = `build/${name}-${version}.dist-info`;
  write({
    [`build/${name}/__init__.py`]: `def hello():\n    return 'hello from ${name} ${version}'\n`,
    [`build/${name}/__pycache__/__init__.cpython-311.pyc`]: 'stale',
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
    [`${info}/WHEEL`]: `Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: ${tags}\n`,
    [`${info}/entry_points.txt`]: `[console_scripts]\n${name} = ${name}:hello\n`,
    [`${info}/RECORD`]: '',
    ...files,
  });
  zipWheel(`${name}-${version}-${tags}.whl`, [name, `${name}-${version}.dist-info`]);
}

function zipWheel(file: string, members: readonly string[]): void {
  mkdirSync(join(base, 'wheels'), { recursive: true });
  execFileSync(PYTHON, ['-m', 'zipfile', '-c', join(base, 'wheels', file), ...members], { cwd: join(base, 'build') });
  rmSync(join(base, 'build'), { recursive: true });
}

const requires = (...lines: string[]) => ['--no-index', '--find-links ../wheels', ...lines, ''].join('\n');
const contextOf = (context: Partial<CodeContext>): CodeContext => ({ baseDirectory: base, runtime: 'python', handler: 'main.handler', ...context });
/** For this machine's Python, unless told otherwise. */
const pack = (folder: string, context: Partial<CodeContext> = { python: PYTHON }) => fib.Code.fromDirectory(folder).pack(contextOf(context));
const filesOf = (folder: string, context?: Partial<CodeContext>) => decodePackage(pack(folder, context).bytes).map(({ path }) => path);

test('a Python function finds what its requirements.txt names', async () => {
  writeWheel('greet', '1.0');
  write({ 'hello/main.py': MAIN, 'hello/requirements.txt': requires('greet==1.0') });
  const stack = fib.defineStack((app) => {
    new fib.Function(new fib.FunctionStack(app, 'shop'), 'hello', {
      runtime: 'python',
      handler: 'main.handler',
      code: fib.Code.fromDirectory(join(base, 'hello')),
    });
  });
  const response = await invoke(synthesize(stack).object('Function', 'hello'));
  expect(await response.json()).toEqual({ text: 'hello from greet 1.0', version: '1.0' });
});

test('fib dev installs for its own Python, and puts saved code into running instances', async () => {
  writeWheel('greet', '1.0');
  const project = await createProject({
    'stack.ts': STACK,
    'hello/main.py': MAIN,
    'hello/requirements.txt': `--no-index\n--find-links ${join(base, 'wheels')}\ngreet\n`,
  });
  try {
    const dev = await project.dev();
    const answer = async () => (await dev.fetch('/hello')).text();
    expect(await answer()).toContain('hello from greet 1.0');
    await project.write({ 'hello/main.py': MAIN.replace('greet.hello()', 'greet.hello().upper()') });
    await expect.poll(answer, { timeout: 20_000, interval: 20 }).toContain('HELLO FROM GREET 1.0');
    expect(dev.output()).toContain('new code: hello');
  } finally {
    await project.close();
  }
});

test('equal requirements give equal bytes, wherever and whenever they are installed; what differs each time stays out', () => {
  writeWheel('greet', '1.0');
  write({ 'one/main.py': MAIN, 'one/requirements.txt': requires('greet==1.0'), 'two/main.py': MAIN, 'two/requirements.txt': requires('greet==1.0') });
  const first = pack('one').digest;
  vi.stubEnv('XDG_CACHE_HOME', join(base, 'another-cache'));
  expect(pack('two').digest).toBe(first);
  const info = 'site-packages/greet-1.0.dist-info';
  expect(filesOf('one')).toEqual([
    'main.py',
    'requirements.txt',
    ...[`${info}/METADATA`, `${info}/WHEEL`, `${info}/entry_points.txt`],
    'site-packages/greet/__init__.py',
  ]);
});

test('functions with equal requirements share what was installed', () => {
  writeWheel('greet', '1.0');
  write({
    'one/main.py': MAIN,
    'one/requirements.txt': requires('greet==1.0'),
    'two/other.py': '',
    'two/requirements.txt': `# the same\n${requires('greet==1.0')}`,
  });
  pack('one');
  rmSync(join(base, 'wheels'), { recursive: true });
  expect(filesOf('two')).toContain('site-packages/greet/__init__.py');
});

test('a new version in requirements.txt is installed', () => {
  writeWheel('greet', '1.0');
  writeWheel('greet', '2.0');
  write({ 'hello/main.py': MAIN, 'hello/requirements.txt': requires('greet==1.0') });
  const first = pack('hello').digest;
  write({ 'hello/requirements.txt': requires('greet==2.0') });
  expect(pack('hello').digest).not.toBe(first);
  expect(filesOf('hello')).toContain('site-packages/greet-2.0.dist-info/METADATA');
});

test('in a cluster, wheels are those for the Python and processor of the nodes', () => {
  writeWheel('fast', '1.0', 'cp313-cp313-manylinux_2_28_x86_64');
  writeWheel('fast', '2.0', 'cp313-cp313-macosx_14_0_arm64');
  write({ 'hello/main.py': '', 'hello/requirements.txt': requires('fast') });
  expect(filesOf('hello', {})).toContain('site-packages/fast-1.0.dist-info/METADATA');
  expect(() => fib.Code.fromDirectory('hello', { architecture: 'arm64' }).pack(contextOf({}))).toThrow(
    /cannot be installed from wheels for Python 3\.13 on linux\/arm64:[^]*fast/,
  );
});

test('what has no wheel is told by its name, and nothing of it runs', () => {
  write({
    'build/old-1.0/setup.py': `open(${JSON.stringify(join(base, 'it-ran'))}, 'w')\n`,
    'build/old-1.0/PKG-INFO': 'Metadata-Version: 2.1\nName: old\nVersion: 1.0\n',
    'hello/main.py': '',
    'hello/requirements.txt': requires('old==1.0'),
  });
  mkdirSync(join(base, 'wheels'));
  execFileSync('tar', ['-czf', join(base, 'wheels/old-1.0.tar.gz'), 'old-1.0'], { cwd: join(base, 'build') });
  expect(() => pack('hello')).toThrow(/cannot be installed from wheels[^]*No matching distribution found for old==1\.0/);
  expect(existsSync(join(base, 'it-ran'))).toBe(false);
});

test('a wheel of another content than its hash says is refused', () => {
  writeWheel('greet', '1.0');
  write({ 'hello/main.py': MAIN, 'hello/requirements.txt': requires(`greet==1.0 --hash=sha256:${'0'.repeat(64)}`) });
  expect(() => pack('hello')).toThrow(/THESE PACKAGES DO NOT MATCH THE HASHES[^]*greet==1\.0/);
});

test('what is too large is told with what takes the most room', () => {
  write({ 'build/big/data.bin': '' });
  truncateSync(join(base, 'build/big/data.bin'), 65 * 1024 * 1024);
  writeWheel('big', '1.0');
  writeWheel('greet', '1.0');
  write({ 'hello/main.py': '', 'hello/requirements.txt': requires('big', 'greet') });
  expect(() => pack('hello')).toThrow(/has 9 files of 65\.0 MiB, more than the 10000 files and 64 MiB of a package; the largest are big \(65\.0 MiB\)/);
});

test('without pip the way out is told', () => {
  execFileSync(PYTHON, ['-m', 'venv', '--without-pip', join(base, 'bare')]);
  write({ 'hello/main.py': MAIN, 'hello/requirements.txt': requires('greet') });
  expect(() => pack('hello', { python: join(base, 'bare/bin/python') })).toThrow(/bare\/bin\/python, and it has no pip: run .* -m ensurepip/);
});

test.each<[string, Record<string, string>]>([
  ['nothing is named', { 'hello/requirements.txt': '# nothing yet\n' }],
  ['the packages lie in site-packages', { 'hello/requirements.txt': 'greet', 'hello/site-packages/greet.py': '' }],
  ['the packages lie beside the code', { 'hello/requirements.txt': 'greet', 'hello/greet-1.0.dist-info/METADATA': '' }],
])('a folder is packed as it is, where %s', (_name, files) => {
  write({ 'hello/main.py': '', ...files });
  expect(filesOf('hello', { python: '/nowhere/python3' })).toEqual([...Object.keys(files), 'hello/main.py'].map((path) => path.slice('hello/'.length)).sort());
});
