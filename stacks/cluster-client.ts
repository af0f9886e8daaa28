import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKubernetesClient, type KubernetesClient } from '../kit/kubernetes/client.ts';
import { isContent } from './kubeconfig.ts';

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
  const client = await createKubernetesClient({ env: process.env, ...(file !== undefined && { kubeconfig: file }), ...(context !== undefined && { context }) });
  try {
    return await ask(client);
  } finally {
    await client.close();
    await remove();
  }
}

/** The kubeconfig as a file; undefined in a pod. */
async function kubeconfigFile(kubeconfig: string | undefined): Promise<{ readonly file: string | undefined; remove(): Promise<void> }> {
  const remove = () => Promise.resolve();
  if (kubeconfig === undefined) {
    const inPod = process.env['KUBERNETES_SERVICE_HOST'] !== undefined && !process.env['KUBECONFIG'];
    return { file: process.env['KUBECONFIG'] || (inPod ? undefined : join(homedir(), '.kube', 'config')), remove };
  }
  if (!isContent(kubeconfig)) return { file: kubeconfig, remove };
  const folder = await mkdtemp(join(tmpdir(), 'fibonacci-'));
  const file = join(folder, 'kubeconfig');
  await writeFile(file, kubeconfig, { mode: 0o600 });
  return { file, remove: () => rm(folder, { recursive: true }) };
}
