import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubernetesClient, type KubernetesClient } from '../kit/kubernetes/client.ts';
import { ambientKubeconfig, isContent } from './kubeconfig.ts';

/** Which cluster is asked. */
export interface TargetCluster {
  /** Path or content; undefined: as kubectl finds one. */
  readonly kubeconfig?: string | undefined;
  /** Context of the kubeconfig; undefined: its current one. */
  readonly context?: string | undefined;
}

/** Asks the API server itself, beside what Pulumi's provider does. */
export async function withClient<T>({ kubeconfig, context }: TargetCluster, ask: (client: KubernetesClient) => Promise<T>): Promise<T> {
  const { file, remove } = await kubeconfigFile(kubeconfig);
  try {
    const client = await createKubernetesClient({
      env: process.env,
      ...(file !== undefined && { kubeconfig: file }),
      ...(context !== undefined && { context }),
    });
    try {
      return await ask(client);
    } finally {
      await client.close();
    }
  } finally {
    await remove();
  }
}

/** The kubeconfig as a file; undefined where the pod that this runs in is asked. */
async function kubeconfigFile(kubeconfig: string | undefined): Promise<{ readonly file: string | undefined; remove(): Promise<void> }> {
  const remove = () => Promise.resolve();
  if (kubeconfig === undefined) return { file: ambientKubeconfig(process.env, existsSync), remove };
  if (!isContent(kubeconfig)) return { file: kubeconfig, remove };
  const folder = await mkdtemp(join(tmpdir(), 'fibonacci-'));
  const file = join(folder, 'kubeconfig');
  await writeFile(file, kubeconfig, { mode: 0o600 });
  return { file, remove: () => rm(folder, { recursive: true }) };
}
