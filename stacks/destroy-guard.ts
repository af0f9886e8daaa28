import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import type { KubernetesObject } from '../constructs/synth/object.ts';
import { createKubernetesClient, KubernetesError } from '../kit/kubernetes/client.ts';
import { listPages } from '../kit/kubernetes/list.ts';
import { API_VERSION, LABELS } from '../protocol/names.ts';
import { isContent } from './kubeconfig.ts';

/** Which cluster is asked. */
export interface GuardedCluster {
  /** Path or content; undefined: as kubectl finds one. */
  readonly kubeconfig?: string | undefined;
  /** Context of the kubeconfig; undefined: its current one. */
  readonly context?: string | undefined;
}

/**
 * What keeps `pulumi destroy` from taking a platform away, and with its CRDs every Function, while the cluster has Functions of others. It needs `--run-program`; without that option Pulumi destroys nothing.
 * @param isOwn whether a Function goes with the platform, by its id: `Function/shop/greet`
 */
export function destroyGuard(name: string, isOwn: (id: string) => boolean, cluster: GuardedCluster): pulumi.ResourceHook {
  return new pulumi.ResourceHook(`${name}: Functions of others`, async () => {
    const problem = foreignProblem(await listFunctions(cluster), isOwn);
    if (problem !== undefined) throw new Error(problem);
  });
}

/** Why the platform must stay; undefined where nobody else needs it. Pure. */
export function foreignProblem(functions: readonly KubernetesObject[], isOwn: (id: string) => boolean): string | undefined {
  const foreign = functions.filter(({ metadata }) => !isOwn(`Function/${metadata.namespace}/${metadata.name}`));
  if (foreign.length === 0) return undefined;
  const shown = foreign.slice(0, 5).map(({ metadata }) => `${metadata.namespace}/${metadata.name} (stack ${metadata.labels?.[LABELS.stack] ?? 'unknown'})`);
  const more = foreign.length > shown.length ? ` and ${foreign.length - shown.length} more` : '';
  return `the cluster has Functions of others, which would go with the platform: ${shown.join(', ')}${more}; remove those first. Nothing was deleted`;
}

async function listFunctions({ kubeconfig, context }: GuardedCluster): Promise<KubernetesObject[]> {
  const { file, remove } = await kubeconfigFile(kubeconfig);
  const client = await createKubernetesClient({ env: process.env, ...(file !== undefined && { kubeconfig: file }), ...(context !== undefined && { context }) });
  try {
    const found: KubernetesObject[] = [];
    await listPages(client, `/apis/${API_VERSION}/functions`, {}, (item) => found.push(item as KubernetesObject));
    return found;
  } catch (error) {
    // No CRD, no Functions.
    if (error instanceof KubernetesError && error.status === 404) return [];
    throw error;
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
