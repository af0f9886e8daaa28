import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
];

/** Where the private copy in a folder has its program. */
export function privateBuildah(cacheDir) {
  return join(resolve(cacheDir), 'root', 'buildah');
}

/**
 * A private copy of Debian's buildah in `cacheDir`, fetched once: for machines with root, where nothing is to be installed. Its images lie in `cacheDir` too.
 * @param {{ cacheDir: string, log?: (what: string) => void }} options
 * @returns {Promise<string>} the program
 * @throws ProgramFailed
 */
export async function ensureBuildah({ cacheDir, log = () => undefined }) {
  const program = privateBuildah(cacheDir);
  if (existsSync(program)) return program;
  log('buildah (private copy)');
  const folder = resolve(cacheDir);
  mkdirSync(folder, { recursive: true });
  removeAbandoned(folder, 'fetch-');
  const work = join(folder, `fetch-${process.pid}`);
  try {
    const unpacked = join(work, 'root');
    await unpackDebianPackages({ packages: PACKAGES, work, into: unpacked });
    writeStarter(folder, unpacked);
    await run(join(unpacked, 'buildah'), ['--version']);
    // Two runs may fetch at once: the first one in place stays.
    if (!existsSync(program)) renameSync(unpacked, join(folder, 'root'));
    return program;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Finds its libraries, its settings and its storage beside itself. `chroot` needs neither a runtime nor a network of its own. */
function writeStarter(folder, unpacked) {
  const triplet = readdirSync(join(unpacked, 'usr', 'lib')).find((name) => name.includes('-linux-'));
  const home = join(unpacked, 'home', '.config', 'containers');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'policy.json'), '{ "default": [{ "type": "insecureAcceptAnything" }] }\n');
  const starter = join(unpacked, 'buildah');
  const lines = [
    '#!/bin/sh',
    'here="$(cd "$(dirname "$0")" && pwd)"',
    `export LD_LIBRARY_PATH="$here/usr/lib/${triplet}"`,
    'export HOME="$here/home" CONTAINERS_REGISTRIES_CONF="$here/etc/containers/registries.conf" BUILDAH_ISOLATION=chroot',
    `exec "$here/usr/bin/buildah" --root "${folder}/storage" --runroot "${folder}/run" --storage-driver "\${STORAGE_DRIVER:-overlay}" "$@"`,
  ];
  writeFileSync(starter, `${lines.join('\n')}\n`);
  chmodSync(starter, 0o755);
}
