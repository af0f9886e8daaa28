import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeContext } from '../../cli/images/context.ts';
import { RECIPES } from '../../cli/images/recipes.ts';
import { IMAGE_NAMES, IMAGE_USER, type ImageName, parseImageLock } from '../../protocol/images.ts';
import { RUNTIMES } from '../../protocol/schema/fields.ts';
import { createProject, ROOT, type TestProject } from './cli-world/project.ts';

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

describe.each(IMAGE_NAMES)('the Containerfile of %s', (name) => {
  const text = readFileSync(join(ROOT, RECIPES[name].containerfile), 'utf8');
  const instructions = text.replaceAll('\\\n', ' ').split('\n');
  const last = (keyword: string) => instructions.findLast((line) => line.startsWith(`${keyword} `))?.slice(keyword.length + 1) ?? '';

  it('builds on an official base, or on another', () => {
    const official = { python: /=python:3\.\d+-slim/, java: /=eclipse-temurin:25-jre/, go: /=gcr\.io\/distroless\/static-/ };
    expect(instructions.find((line) => line.startsWith('ARG BASE='))).toMatch(
      name in official ? official[name as keyof typeof official] : /=node:24-\w+-slim$/,
    );
    expect(instructions.find((line) => line.startsWith('FROM '))).toMatch(/^FROM \$\{BASE\}/);
  });

  it('runs as the user whom pods name, who is not root', () => {
    expect(last('USER')).toBe(`${IMAGE_USER}:${IMAGE_USER}`);
    expect(instructions.indexOf(`USER ${last('USER')}`)).toBeLessThan(instructions.findIndex((line) => line.startsWith('ENTRYPOINT ')));
  });

  it('starts the program itself, so that it gets the signals', () => {
    expect(JSON.parse(last('ENTRYPOINT'))).toEqual(expect.arrayContaining([expect.stringMatching(/node$|python3$|java$|\/watcher$/)]));
  });

  it('says what it is', () => {
    for (const label of ['title', 'description', 'licenses', 'version']) expect(text).toContain(`org.opencontainers.image.${label}=`);
  });
});

describe.each(RUNTIMES)('the watcher image of %s', (name) => {
  it('starts as start.json says', () => {
    const { command, env = {} } = JSON.parse(readFileSync(join(ROOT, 'runtimes', name, 'start.json'), 'utf8')) as {
      command: string[];
      env?: Record<string, string>;
    };
    const fill = (part: string) =>
      part.replaceAll(
        /\{(\w+)\}/g,
        (_, name: string) =>
          ({ node: 'node', python: 'python3', java: 'java', goWatcher: '/app/watcher', javaWatcher: '/app', dir: '/app', ext: '.js' })[name] ?? '',
      );
    const text = readFileSync(join(ROOT, RECIPES[name].containerfile), 'utf8');
    expect(JSON.parse(/^ENTRYPOINT (.*)$/m.exec(text)?.[1] ?? '')).toEqual(command.map(fill));
    for (const [variable, value] of Object.entries(env)) expect(text).toContain(`${variable}=${fill(value)}`);
  });
});

describe('what a builder sees', () => {
  let folder: string;
  let contexts: Record<ImageName, string>;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fib-contexts-'));
    contexts = Object.fromEntries(IMAGE_NAMES.map((name) => [name, join(folder, name)])) as Record<ImageName, string>;
    for (const name of IMAGE_NAMES) writeContext(RECIPES[name], ROOT, contexts[name]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const start = (command: string, args: readonly string[], env = {}) =>
    new Promise<string>((resolve) => {
      execFile(command, args, { cwd: folder, env, timeout: 20_000 }, (_, stdout, stderr) => resolve(stdout + stderr));
    });

  it.each(['gateway', 'scaler'] as const)('of %s has every module that it imports, and starts up to its configuration', async (name) => {
    expect(await start(process.execPath, [join(contexts[name], 'app', name, 'main.js')])).toMatch(/CONFIG_INVALID[^]*FIB_INTERNAL_TOKEN is required/);
  });

  it('of the Node.js watcher starts up to its configuration, with no package at all', async () => {
    expect(existsSync(join(contexts.nodejs, 'app', 'node_modules'))).toBe(false);
    expect(await start(process.execPath, [join(contexts.nodejs, 'app', 'main.js')])).toContain('FIB_PUBLIC_KEY must be an Ed25519 public key');
  });

  it('of the Python watcher has its modules', () => {
    expect(readdirSync(join(contexts.python, 'app'))).toEqual(['fibonacci_watcher', 'requirements.txt']);
    expect(existsSync(join(contexts.python, 'app', 'fibonacci_watcher', '__main__.py'))).toBe(true);
  });

  it('is code alone: neither tests, nor sources, nor tools, nor more than 20 MiB', () => {
    for (const name of IMAGE_NAMES) {
      const files = readdirSync(contexts[name], { recursive: true, encoding: 'utf8' });
      expect(
        files.filter((path) => /\.(ts|map|test\.js|pem|env)$|__pycache__|(^|\/)\.|node_modules\/(typescript|vitest|commander|constructs)\//.test(path)),
      ).toEqual([]);
      const bytes = readdirSync(contexts[name], { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .reduce((total, entry) => total + readFileSync(join(entry.parentPath, entry.name)).length, 0);
      expect(bytes).toBeLessThan(20 * 1024 * 1024);
    }
  });
});

/** Stands in for a builder: notes how it was called and answers as told. */
function writeBuilder(bin: string, name: string, script: string): void {
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, name), `#!/bin/sh\necho "${name} $*" >> "$CALLS"\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
}

/** With the compiler alone, and no builder that this machine may have. */
const GO = (process.env['PATH'] ?? '').split(':').find((folder) => existsSync(join(folder, 'go'))) ?? '';
const DIGEST = `sha256:${'d'.repeat(64)}`;
const WORKS =
  'case "$1" in push) while [ "$1" != --digestfile ]; do shift; done; printf "$DIGEST" > "$2";; build) for last; do :; done; test -f "$last/Containerfile";; esac';

describe('fib images', () => {
  let project: TestProject;
  let bin: string;
  let calls: string;
  let env: Record<string, string | undefined>;
  beforeAll(async () => {
    project = await createProject({ 'stack.ts': '' });
    calls = join(project.dir, 'calls');
  });
  afterAll(() => project.close());

  const withBuilders = (scripts: Readonly<Record<string, string>>) => {
    bin = mkdtempSync(join(project.dir, 'bin-'));
    for (const [name, script] of Object.entries(scripts)) writeBuilder(bin, name, script);
    rmSync(calls, { force: true });
    env = { ...process.env, PATH: [bin, GO, '/usr/bin', '/bin'].join(':'), CALLS: calls, DIGEST, FIB_BUILDAH: '' };
  };
  const called = () => readFileSync(calls, 'utf8').trim().split('\n');

  it('takes the first builder that works: a docker without its daemon does not', async () => {
    withBuilders({ docker: 'echo "Cannot connect to the Docker daemon" >&2; exit 1', podman: WORKS, buildah: WORKS });
    const { code, stdout } = await project.fib(['images', '--json'], env);
    expect([code, JSON.parse(stdout)]).toEqual([0, { builder: 'podman', images: IMAGE_NAMES.map((name) => ({ name, tag: `fibonacci-${name}:${version}` })) }]);
    expect(called().map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual(['docker info', 'podman info', ...IMAGE_NAMES.map(() => 'podman build')]);
  });

  it('builds one image on another base', async () => {
    withBuilders({ buildah: WORKS });
    expect((await project.fib(['images', '--only', 'python', '--base', 'localhost/own:1'], env)).code).toBe(0);
    expect(called().slice(1)).toEqual([expect.stringMatching(new RegExp(`--tag fibonacci-python:${version} .*--build-arg BASE=localhost/own:1 `))]);
  });

  it('builds each on a base of its own, or all but one on the same', async () => {
    withBuilders({ buildah: WORKS });
    expect((await project.fib(['images', '--base', 'localhost/node:1', 'python=localhost/python:2'], env)).code).toBe(0);
    const bases = called().flatMap((line) => / --build-arg BASE=(\S+) /.exec(line)?.[1] ?? []);
    expect(bases).toEqual(IMAGE_NAMES.map((name) => (name === 'python' ? 'localhost/python:2' : 'localhost/node:1')));
  });

  it('leaves a watcher out that it cannot compile, unless it is named', async () => {
    withBuilders({ buildah: WORKS });
    const bare = { ...env, PATH: [bin, '/usr/bin', '/bin'].join(':') };
    const { code, stdout, stderr } = await project.fib(['images', '--push', 'registry.test', '--lock', 'few.lock.json', '--json'], bare);
    expect([code, stderr]).toEqual([0, expect.stringMatching(/go is left out: .*install it/)]);
    const names = (JSON.parse(stdout) as { images: { name: string }[] }).images.map(({ name }) => name);
    expect(names).toEqual(IMAGE_NAMES.filter((name) => name !== 'go'));
    expect(parseImageLock(readFileSync(join(project.dir, 'few.lock.json'), 'utf8')).images.go).toBeUndefined();
    expect(await project.fib(['images', '--only', 'go'], bare)).toMatchObject({ stderr: expect.stringMatching(/TOOLCHAIN_MISSING|Go functions are compiled/) });
  });

  it('pushes and writes the lock file, which holds digests', async () => {
    withBuilders({ buildah: WORKS });
    const { code } = await project.fib(['images', '--push', 'registry.test/team/'], env);
    const lock = parseImageLock(readFileSync(join(project.dir, 'images.lock.json'), 'utf8'));
    expect([code, lock]).toEqual([
      0,
      {
        registry: 'registry.test/team',
        version,
        images: Object.fromEntries(IMAGE_NAMES.map((name) => [name, `registry.test/team/fibonacci-${name}@${DIGEST}`])),
      },
    ]);
    expect(called()).toContainEqual(expect.stringContaining(`fibonacci-scaler:${version} docker://registry.test/team/fibonacci-scaler:${version}`));
  });

  it('reads the digest that docker prints', async () => {
    withBuilders({ docker: `case "$1" in push) echo "${version}: digest: $DIGEST size: 5";; esac` });
    const { code } = await project.fib(['images', '--push', 'registry.test', '--lock', 'docker.lock.json'], env);
    expect([code, parseImageLock(readFileSync(join(project.dir, 'docker.lock.json'), 'utf8')).images.gateway]).toEqual([
      0,
      `registry.test/fibonacci-gateway@${DIGEST}`,
    ]);
  });

  it('writes archives', async () => {
    withBuilders({ podman: WORKS });
    const { stdout } = await project.fib(['images', '--only', 'nodejs', '--archive', 'out', '--json'], env);
    const archive = join(project.dir, 'out', 'fibonacci-nodejs.tar');
    expect(JSON.parse(stdout)).toMatchObject({ images: [{ name: 'nodejs', archive }] });
    expect(called().at(-1)).toBe(`podman save --format oci-archive --output ${archive} fibonacci-nodejs:${version}`);
  });

  it.each([
    ['no builder', {}, [], 4, /TOOLCHAIN_MISSING no docker, podman or buildah works here: start Docker, or install one: .*buildah/],
    ['a builder that does not work', { docker: 'echo "is the daemon running?" >&2; exit 1' }, [], 4, /docker: is the daemon running\?/],
    ['another builder than the one that is wanted', { docker: '' }, ['--builder', 'podman'], 4, /no podman works here/],
    [
      'a base that cannot be had',
      { buildah: 'test "$1" = info || { echo "error: initializing source: name unknown: no such image" >&2; exit 125; }' },
      ['--base', 'lost:1'],
      1,
      /IMAGE_BUILD_FAILED the image gateway .*the base image lost:1 cannot be had.*--base <image>/,
    ],
    [
      'a builder that wants names in full',
      { buildah: 'test "$1" = info || { echo "error: creating build container: short-name did not resolve to an alias" >&2; exit 125; }' },
      ['--only', 'python'],
      1,
      /the base image python:3\.\S+-slim-bookworm cannot be had.*--base python=<registry>\/python:3/,
    ],
    ['a base for an image that is none', { buildah: '' }, ['--base', 'ruby=x:1'], 2, /--base ruby: the images are gateway, scaler, nodejs, python/],
    [
      'a registry that wants a login',
      { buildah: 'test "$1" != push || { echo "error: unauthorized: authentication required" >&2; exit 125; }' },
      ['--push', 'registry.test'],
      1,
      /IMAGE_PUSH_FAILED registry\.test\/fibonacci-gateway.*authentication required.*log in with `buildah login registry\.test`/,
    ],
    [
      'a registry that is not there',
      { buildah: 'test "$1" != push || { echo "error: connection refused" >&2; exit 125; }' },
      ['--push', 'registry.test'],
      1,
      /connection refused; see that registry\.test is a registry that answers/,
    ],
    ['an image that is none', { buildah: '' }, ['--only', 'nodejs', 'ruby'], 2, /--only ruby: the images are gateway, scaler, nodejs, python/],
    ['a lock file of half the images', { buildah: '' }, ['--only', 'nodejs', '--push', 'registry.test'], 2, /do not go together/],
  ])('with %s says the way out', async (_, builders, args, code, message) => {
    withBuilders(builders as Record<string, string>);
    const run = await project.fib(['images', ...args], env);
    expect(run.stderr).toMatch(message);
    expect(run.code).toBe(code);
  });
});
