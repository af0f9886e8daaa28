import { command } from './command.ts';
import type { Folders } from './folders.ts';
import { NODES } from './plan.ts';

const NAME = 'fibonacci-test';

/** Whether kind and a container engine for it are here. */
export async function hasKind(): Promise<boolean> {
  try {
    await command('kind', ['version']);
    await command('docker', ['info'], { timeoutMs: 20_000 });
    return true;
  } catch {
    return false;
  }
}

/** A cluster of kind with two workers in two zones. */
export async function ensureKindCluster({ kubeconfig }: Folders): Promise<void> {
  const workers = NODES.map(({ zone }) => ({ role: 'worker', labels: { 'topology.kubernetes.io/zone': zone } }));
  const config = { kind: 'Cluster', apiVersion: 'kind.x-k8s.io/v1alpha4', name: NAME, nodes: [{ role: 'control-plane' }, ...workers] };
  await command('kind', ['create', 'cluster', '--config', '-', '--kubeconfig', `${kubeconfig}.new`, '--wait', '180s'], { input: JSON.stringify(config) });
}

export async function loadKindImage(archive: string): Promise<void> {
  await command('kind', ['load', 'image-archive', '--name', NAME, archive]);
}

export async function removeKindCluster(): Promise<void> {
  await command('kind', ['delete', 'cluster', '--name', NAME]);
}
