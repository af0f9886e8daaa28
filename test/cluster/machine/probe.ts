import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { command } from './command.ts';
import type { Folders } from './folders.ts';

/** Nodes have folders of their own in their place. */
const REPLACED = ['/run/', '/var/lib/', '/var/log/'];

/** Why this machine cannot run nodes of its own, or undefined where it can. Nothing is changed. */
export async function findObstacle({ root, cache }: Folders): Promise<string | undefined> {
  if (process.platform !== 'linux') return `it runs ${process.platform}, not Linux`;
  if (process.getuid?.() !== 0) return 'you are not root';
  const absent = ['apt-get', 'dpkg-deb', 'go', 'mount', 'nsenter', 'tar', 'unshare'].filter((name) => !isOnPath(name));
  if (absent.length > 0) return `these programs are not on PATH: ${absent.join(', ')}`;
  if (!/\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8'))) return 'its kernel has no overlay file system';
  if (!existsSync('/sys/fs/cgroup/cgroup.controllers') && !existsSync('/sys/fs/cgroup/memory')) return 'no cgroups are mounted';
  if (!isWritable('/sys/fs/cgroup')) return 'its cgroups are read-only';
  const hidden = [root, cache].find((folder) => REPLACED.some((place) => folder.startsWith(place)));
  if (hidden !== undefined) return `${hidden} is below ${REPLACED.join(', ')}, where nodes do not see it`;
  try {
    await command('unshare', ['--net', '--mount', '--uts', '--ipc', '--pid', '--fork', '--mount-proc', 'mount', '-t', 'tmpfs', 'none', '/mnt']);
  } catch (error) {
    return `namespaces cannot be made (${(error as Error).message})`;
  }
  return undefined;
}

export function isOnPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
