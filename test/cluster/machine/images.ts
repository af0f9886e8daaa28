import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePart } from './cache.ts';
import { command } from './command.ts';
import { writeOciArchive } from './oci-archive.ts';
import type { Packages } from './packages.ts';
import { BASE_IMAGE, BASE_PACKAGES, BASE_SUITE, COREDNS_IMAGE, PAUSE_IMAGE } from './plan.ts';
import type { Programs } from './programs.ts';

/** Archives of the images that the cluster itself runs. */
export async function ensureSystemImages(cache: string, { services }: Programs): Promise<string[]> {
  const images = { pause: PAUSE_IMAGE, coredns: COREDNS_IMAGE };
  const build = async (work: string) => {
    for (const [program, name] of Object.entries(images)) {
      const files = join(work, program);
      mkdirSync(files);
      copyFileSync(join(services, program), join(files, program));
      await writeOciArchive(join(work, `${program}.tar`), { name, files, entrypoint: [`/${program}`] });
      rmSync(files, { recursive: true });
    }
  };
  const folder = await ensurePart({ cache, name: 'system-images', recipe: services + JSON.stringify(images), build });
  return Object.keys(images).map((program) => join(folder, `${program}.tar`));
}

/** Archive of {@link BASE_IMAGE}: Debian's smallest system, from the mirror that this machine's own packages come from. 1.5 min when it is not there yet. */
export async function ensureBaseImage(cache: string, packages: Packages, say: (line: string) => void): Promise<string> {
  const recipe = JSON.stringify([BASE_IMAGE, BASE_SUITE, BASE_PACKAGES]);
  const folder = await ensurePart({ cache, name: 'base-image', recipe, build: (work) => buildBase(work, packages, say) });
  return join(folder, 'base.tar');
}

async function buildBase(work: string, packages: Packages, say: (line: string) => void): Promise<void> {
  say(`building ${BASE_IMAGE} (debootstrap)`);
  const files = join(work, 'root');
  const options = ['--variant=minbase', `--include=${BASE_PACKAGES.join(',')}`, `--cache-dir=${join(work, 'debs')}`];
  mkdirSync(join(work, 'debs'));
  // Its mounts are made in a place of their own, so that none is left behind.
  await command('unshare', ['--mount', join(packages.bin, 'debootstrap'), ...options, BASE_SUITE, files, await systemMirror()]);
  for (const needless of ['var/cache/apt', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale']) {
    rmSync(join(files, needless), { recursive: true, force: true });
    mkdirSync(join(files, needless), { recursive: true });
  }
  await writeOciArchive(join(work, 'base.tar'), { name: BASE_IMAGE, files });
  for (const needless of [files, join(work, 'debs')]) rmSync(needless, { recursive: true });
}

async function systemMirror(): Promise<string> {
  const text = await command('apt-get', ['indextargets', '--format', '$(CODENAME) $(REPO_URI)', 'Created-By: Packages']);
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${BASE_SUITE} `));
  if (line === undefined) throw new Error(`no package source for Debian ${BASE_SUITE} is set up on this machine; add one to /etc/apt/sources.list`);
  return line.split(' ')[1] ?? '';
}
