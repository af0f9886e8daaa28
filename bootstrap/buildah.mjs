import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { removeAbandoned, unpackDebianPackages } from './debian.mjs';
import { run } from './run.mjs';

const PACKAGES = [
  'buildah',
  'golang-github-containers-common',
  'golang-github-containers-image',
  'libgpgme11',
  'libassuan0',
  'libdevmapper1.02.1',
  'libsubid4',
  'patchelf',
];

/** Where the private copy in a folder has its program. */
export function privateBuildah(cacheDir) {
  return join(resolve(cacheDir), 'root', 'buildah');
}

/**
 * A private copy of Debian's buildah in `cacheDir`, fetched once: for machines with root, where nothing is to be installed. Its images lie in `cacheDir` too.
 * @param {{ cacheDir: string, log?: (what: string) => void }} options
 * @returns {Promise<string>} the program
 * @public used by the test cluster, which loads it by its address
 * @throws ProgramFailed
 */
export async function ensureBuildah({ cacheDir, log = () => undefined }) {
  const program = privateBuildah(cacheDir);
  const folder = resolve(cacheDir);
  const starter = renderStarter(folder);
  // Its paths are absolute: a checkout that was moved needs another.
  if (existsSync(program) && readFileSync(program, 'utf8') === starter) return program;
  log('buildah (private copy)');
  mkdirSync(folder, { recursive: true });
  removeAbandoned(folder, 'fetch-');
  const work = join(folder, `fetch-${process.pid}`);
  const unpacked = join(work, 'root');
  try {
    await unpackDebianPackages({ packages: PACKAGES, work, into: unpacked });
    await bindLibraries(folder, unpacked);
    writeFileSync(join(unpacked, 'buildah'), starter, { mode: 0o755 });
    writeFileSync(join(unpacked, 'home', '.config', 'containers', 'policy.json'), '{ "default": [{ "type": "insecureAcceptAnything" }] }\n');
    rmSync(join(folder, 'root'), { recursive: true, force: true });
    renameSync(unpacked, join(folder, 'root'));
    await run(program, ['--version']);
    return program;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** It starts itself again from memory with an empty environment: only an absolute path in the program leads it to its libraries. */
async function bindLibraries(folder, unpacked) {
  const triplet = readdirSync(join(unpacked, 'usr', 'lib')).find((name) => name.includes('-linux-'));
  const libraries = join(folder, 'root', 'usr', 'lib', triplet);
  await run(join(unpacked, 'usr', 'bin', 'patchelf'), ['--force-rpath', '--set-rpath', libraries, join(unpacked, 'usr', 'bin', 'buildah')]);
  mkdirSync(join(unpacked, 'home', '.config', 'containers'), { recursive: true });
}

/** With its own settings and storage. `chroot` needs neither a runtime nor a network of its own. */
function renderStarter(folder) {
  const root = join(folder, 'root');
  const lines = [
    '#!/bin/sh',
    `export HOME="${root}/home" CONTAINERS_REGISTRIES_CONF="${root}/etc/containers/registries.conf" BUILDAH_ISOLATION=chroot`,
    `exec "${root}/usr/bin/buildah" --root "${folder}/storage" --runroot "${folder}/run" --storage-driver "\${STORAGE_DRIVER:-overlay}" "$@"`,
  ];
  return `${lines.join('\n')}\n`;
}
