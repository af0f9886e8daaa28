import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the cluster keeps its things. All but `cache` belong to one run and go with it. */
export interface Folders {
  readonly root: string;
  readonly home: string;
  /** One file a process: number and start time. */
  readonly run: string;
  readonly log: string;
  /** etcd's data, certificates, and what each node has as its /run, /var/lib and /var/log. */
  readonly state: string;
  readonly bin: string;
  readonly kubeconfig: string;
  /** What took long to build; outlives checkouts. */
  readonly cache: string;
}

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));

export function clusterFolders(root: string = ROOT): Folders {
  const home = join(root, '.cache', 'cluster');
  return {
    root,
    home,
    run: join(home, 'run'),
    log: join(home, 'log'),
    state: join(home, 'state'),
    bin: join(home, 'bin'),
    kubeconfig: join(home, 'kubeconfig'),
    cache: join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'fibonacci', 'cluster'),
  };
}
