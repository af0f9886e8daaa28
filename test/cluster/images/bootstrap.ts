import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { clusterFolders } from '../machine/folders.ts';

type Say = (line: string) => void;

const load = async <Module>(name: string) => (await import(new URL(`../../../bootstrap/${name}.mjs`, import.meta.url).href)) as Module;

/** The private copy of buildah. @returns its program */
export async function ensureBuildah(cacheDir: string, say: Say): Promise<string> {
  const { ensureBuildah: ensure } = await load<{ ensureBuildah(options: { cacheDir: string; log: Say }): Promise<string> }>('buildah');
  return ensure({ cacheDir, log: say });
}

/**
 * Compiles where sources changed. What does not compile elsewhere in the checkout is told, and no reason not to try the rest; CI compiles before it tests.
 * @returns what stands for all of dist/, or undefined where not everything compiled
 */
export async function ensureDist(say: Say): Promise<string | undefined> {
  const { ensureBuild } = await load<{ ensureBuild(root: string, node: string, env: NodeJS.ProcessEnv, begin: Say): Promise<void> }>('build');
  const { root } = clusterFolders();
  try {
    await ensureBuild(root, process.execPath, process.env, say);
    return readFileSync(join(root, 'dist', '.stamp'), 'utf8');
  } catch (error) {
    const { message, output = '' } = error as Error & { output?: string };
    say(`${message}\n${output}`);
    return undefined;
  }
}

/** Puts Debian's Prometheus and Alertmanager into a folder, as they would be on a system. */
export async function unpackMonitoring(into: string, say: Say): Promise<void> {
  say('fetching prometheus and alertmanager');
  const { unpackDebianPackages } = await load<{ unpackDebianPackages(options: { packages: readonly string[]; work: string; into: string }): Promise<void> }>(
    'debian',
  );
  const work = join(into, 'fetched');
  await unpackDebianPackages({ packages: ['prometheus', 'prometheus-alertmanager'], work, into });
  for (const needless of [work, join(into, 'usr', 'share', 'doc'), join(into, 'usr', 'share', 'man')]) rmSync(needless, { recursive: true, force: true });
}
