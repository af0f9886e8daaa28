import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const MOUNT = '/sys/fs/cgroup';

/** Makes a cgroup in every hierarchy; the kubelet refuses a root that is not there. */
export function createCgroup(path: string): void {
  for (const hierarchy of hierarchies('cgroup')) {
    const folder = join(hierarchy, path);
    mkdirSync(folder, { recursive: true });
    if (hierarchy.endsWith('/cpuset')) inheritProcessors(hierarchy, folder);
  }
}

/** Removes a cgroup and those below it. Processes that were killed may take a moment to leave it. */
export async function removeCgroup(path: string): Promise<void> {
  for (const hierarchy of hierarchies('cgroup', 'cgroup2')) {
    const folder = join(hierarchy, path);
    for (let attempt = 0; existsSync(folder) && !tryRemove(folder); attempt++) {
      if (attempt > 200) throw new Error(`${folder} cannot be removed: a process is still in it or below`);
      await sleep(50);
    }
  }
}

/** Mount points: with cgroup v2 one; with v1 one a controller, and mostly one of v2 beside them, where runc makes a folder too. */
function hierarchies(...types: readonly string[]): string[] {
  if (existsSync(join(MOUNT, 'cgroup.controllers'))) return [MOUNT];
  const mounted = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return mounted.flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const point = before.split(' ')[4] ?? '';
    return types.includes(after.split(' ')[0] ?? '') && point.startsWith(`${MOUNT}/`) ? [point] : [];
  });
}

/** In v1 a new cpuset has no processors until it is given some, and nobody can enter it. */
function inheritProcessors(hierarchy: string, folder: string): void {
  if (folder === hierarchy) return;
  inheritProcessors(hierarchy, dirname(folder));
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (readFileSync(join(folder, file), 'utf8').trim() === '') writeFileSync(join(folder, file), readFileSync(join(dirname(folder), file)));
  }
}

function tryRemove(folder: string): boolean {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) tryRemove(join(folder, entry.name));
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}
