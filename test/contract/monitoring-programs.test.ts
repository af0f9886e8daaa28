import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

type Found = Readonly<Record<string, string>>;

let dir: string;
let path: string | undefined;

/** With only these programs on PATH. */
async function ensure(cacheDir = join(dir, 'cache')): Promise<Found> {
  const { ensureMonitoring } = (await import(new URL('../../bootstrap/monitoring.mjs', import.meta.url).href)) as {
    ensureMonitoring(options: { cacheDir: string }): Promise<Found>;
  };
  return ensureMonitoring({ cacheDir });
}

async function program(file: string, text = ''): Promise<string> {
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${text}\n`);
  await chmod(file, 0o755);
  return file;
}

const onPath = (name: string, text?: string) => program(join(dir, 'bin', name), text);
const version = (name: string, number: string, to = '1') => onPath(name, `echo "${name}, version ${number}+ds (branch: x)" >&${to}`);

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'programs-'));
  path = process.env['PATH'];
  process.env['PATH'] = join(dir, 'bin');
});

afterEach(async () => {
  process.env['PATH'] = path;
  await rm(dir, { recursive: true, force: true });
});

test('what is on PATH is taken, whatever Alertmanager is called and wherever versions are printed', async () => {
  const prometheus = await version('prometheus', '2.42.0');
  const promtool = await version('promtool', '2.42.0');
  const alertmanager = await version('prometheus-alertmanager', '0.25.0', '2');
  expect(await ensure()).toEqual({ prometheus, promtool, alertmanager });
});

test.each([
  ['2.41.3', '0.25.0'],
  ['3.5.0', '0.24.0'],
])('what is too old on PATH is not: prometheus %s, alertmanager %s', async (prometheus, alertmanager) => {
  await version('prometheus', prometheus);
  await version('promtool', prometheus);
  await version('alertmanager', alertmanager);
  expect(await ensure()).toHaveProperty('missing');
});

test('a private copy is used as it stands, with nothing run', async () => {
  const root = join(dir, 'cache', 'root');
  const [prometheus, promtool, alertmanager] = await Promise.all([
    program(join(root, 'usr/bin/prometheus')),
    program(join(root, 'usr/bin/promtool')),
    program(join(root, 'alertmanager')),
  ]);
  expect(await ensure()).toEqual({ prometheus, promtool, alertmanager });
});

test('half a copy, as a killed run may leave it, is none', async () => {
  await program(join(dir, 'cache', 'root', 'usr/bin/prometheus'));
  expect(await ensure()).toHaveProperty('missing');
});

test('where they cannot be fetched, it says what to run', async () => {
  expect(await ensure()).toEqual({ missing: expect.stringContaining('2.42') as string, wayOut: expect.stringMatching(/PATH|brew/) as string });
});

test('where the package archive does not answer, it says why', async () => {
  await onPath('apt-get', 'echo "E: Failed to fetch: no network"; exit 100');
  await onPath('dpkg-deb');
  expect(await ensure()).toEqual({ missing: expect.stringContaining('no network') as string, wayOut: expect.stringContaining('apt-get install') as string });
});
