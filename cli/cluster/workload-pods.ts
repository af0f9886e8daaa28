import { podProblem } from '../../kit/fleet/kubernetes/pods.ts';
import { PlatformError } from '../../protocol/errors.ts';
import type { Cluster } from './cluster.ts';
import type { ClusterObject } from './cluster-object.ts';
import { PODS } from './picture.ts';
import type { Verdict } from './readiness.ts';

/** A pod, as far as the commands look at it. */
export interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string; readonly ownerReferences?: readonly { readonly kind: string }[] };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export function isReady({ metadata, status }: Pod): boolean {
  const conditions = status?.conditions ?? [];
  return metadata.deletionTimestamp === undefined && conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True');
}

/** The pods that a workload's selector takes. */
export async function podsOf(cluster: Cluster, workload: ClusterObject): Promise<Pod[]> {
  const { selector } = workload['spec'] as { selector?: { matchLabels?: Readonly<Record<string, string>> } };
  const labels = Object.entries(selector?.matchLabels ?? {});
  if (labels.length === 0) return [];
  return cluster.list<Pod>(PODS, workload.metadata.namespace, { labelSelector: labels.map(([key, value]) => `${key}=${value}`).join(',') });
}

/** A verdict on a workload that is not ready, with what its pods suffer from: an image that is missing, no node that fits, a crash. */
export async function explainVerdict(cluster: Cluster, workload: ClusterObject, verdict: Verdict): Promise<Verdict> {
  if (verdict.kind === 'ready' || !workload.apiVersion.startsWith('apps/')) return verdict;
  try {
    const pods = (await podsOf(cluster, workload)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    const [problem] = pods.map(podProblem).filter((found) => found !== undefined);
    return problem === undefined ? verdict : { kind: 'failing', why: `${verdict.why}: ${problem}` };
  } catch (error) {
    if (error instanceof PlatformError && error.code === 'CLUSTER_FORBIDDEN') return verdict;
    throw error;
  }
}
