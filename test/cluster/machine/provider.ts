import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { lock } from './cache.ts';
import { command } from './command.ts';
import type { Folders } from './folders.ts';
import { ensureKindCluster, hasKind, removeKindCluster } from './kind.ts';
import { ensureMachineCluster, isMachineClusterUp, removeMachineCluster } from './machine.ts';
import { findObstacle } from './probe.ts';

/** Where the cluster comes from: made here of processes, made by kind, or somebody else's. */
export type Provider = 'machine' | 'kind' | 'given';

export interface UpOptions {
  readonly folders: Folders;
  readonly say: (line: string) => void;
  /** A cluster that is there already, as in the variable KUBECONFIG. */
  readonly given?: string | undefined;
}

/** Who made the cluster that runs, or undefined where none does. */
export function runningProvider(folders: Folders): Provider | undefined {
  const file = providerFile(folders);
  if (!existsSync(folders.kubeconfig) || !existsSync(file)) return undefined;
  const provider = readFileSync(file, 'utf8').trim() as Provider;
  return provider === 'machine' && !isMachineClusterUp(folders) ? undefined : provider;
}

/**
 * Brings a cluster up, unless one runs, and writes its kubeconfig when all of it is ready.
 * @throws Error where none can be had, with the reasons
 */
export async function ensureCluster({ folders, say, given }: UpOptions): Promise<Provider> {
  const running = runningProvider(folders);
  if (running) return running;
  mkdirSync(dirname(folders.home), { recursive: true });
  const unlock = await lock(`${folders.home}.lock`);
  try {
    return runningProvider(folders) ?? (await createCluster({ folders, say, given }));
  } finally {
    unlock();
  }
}

/** Removes what {@link ensureCluster} made; a cluster that was given is left alone. */
export async function removeCluster(folders: Folders): Promise<void> {
  const provider = existsSync(providerFile(folders)) ? readFileSync(providerFile(folders), 'utf8') : undefined;
  if (provider === 'kind') await removeKindCluster();
  else if (provider !== 'given') await removeMachineCluster(folders);
  rmSync(folders.home, { recursive: true, force: true });
}

async function createCluster({ folders, say, given }: UpOptions): Promise<Provider> {
  mkdirSync(folders.home, { recursive: true });
  const provider = await chooseProvider(folders, given);
  if (provider === 'given') copyFileSync(resolve(given ?? ''), `${folders.kubeconfig}.new`);
  else if (provider === 'kind') await ensureKindCluster(folders);
  else await ensureMachineCluster(folders, say);
  if (provider !== 'machine') await assertAnswers(`${folders.kubeconfig}.new`);
  writeFileSync(providerFile(folders), provider);
  renameSync(`${folders.kubeconfig}.new`, folders.kubeconfig);
  return provider;
}

async function chooseProvider(folders: Folders, given: string | undefined): Promise<Provider> {
  if (given && resolve(given) !== folders.kubeconfig) return 'given';
  const obstacle = await findObstacle(folders);
  if (obstacle === undefined) return 'machine';
  if (await hasKind()) return 'kind';
  throw new Error(`this machine cannot run a cluster: ${obstacle}, and kind with docker is not here; set KUBECONFIG to use another cluster`);
}

async function assertAnswers(kubeconfig: string): Promise<void> {
  await command('kubectl', ['--kubeconfig', kubeconfig, 'get', '--raw', '/readyz'], { timeoutMs: 30_000 });
}

function providerFile(folders: Folders): string {
  return join(folders.home, 'provider');
}
