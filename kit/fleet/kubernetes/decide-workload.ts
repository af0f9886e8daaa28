import type { InstanceState, TemplateOwner } from '../fleet.ts';

/** A pod that its Deployment counts: of its selector, and not on its way out by order of the API server. */
export interface CountedPod {
  readonly id: string;
  /** `stopping`: we end it, and its Deployment does not know yet. */
  readonly state: InstanceState;
  readonly ready: boolean;
  readonly createdAt: number;
  /** Leased for so long that it hinders the refill of its pool. */
  readonly slow: boolean;
}

export interface WorkloadInput {
  readonly kind: TemplateOwner['kind'];
  /** Pods that should wait or start. */
  readonly unleased: number;
  /** Asked for of the Deployment; 0 where there is none. */
  readonly replicas: number;
  readonly pods: readonly CountedPod[];
  /** Whether we see things as they are. */
  readonly connected: boolean;
}

export type WorkloadPlan =
  | { readonly kind: 'steady' }
  | { readonly kind: 'raise'; readonly replicas: number }
  /** `end`: the waiting pods that are to go. */
  | { readonly kind: 'lower'; readonly replicas: number; readonly end: readonly string[] }
  | { readonly kind: 'hold'; readonly reason: string };

/**
 * Replicas of a workload. Those of a pool are its unleased pods: one that is leased leaves the ReplicaSet, which then makes another. A cold function's are its unleased and its leased ones.
 *
 * A ReplicaSet with too many pods ends those first that run not yet or are not ready, then by deletion cost (Kubernetes, "ReplicaSet", scaling). So that none which serves is ended, fewer are asked for only when those that serve
 * could not be meant.
 */
export function decideWorkload({ kind, unleased, replicas, pods, connected }: WorkloadInput): WorkloadPlan {
  const leased = pods.filter(({ state }) => state === 'leased');
  const target = unleased + (kind === 'Function' ? leased.length : leased.filter(({ slow }) => slow).length);
  if (target > replicas) return { kind: 'raise', replicas: target };
  if (target === replicas) return { kind: 'steady' };
  if (!connected) return { kind: 'hold', reason: 'the API server cannot be watched' };
  const unready = leased.filter(({ ready }) => !ready).length;
  if (kind === 'Function' && unready > 0) return { kind: 'hold', reason: `${unready} that serve are not ready` };
  const counted = pods.filter(({ state }) => state !== 'stopping');
  // Down to what there is nothing is ended, whatever its state.
  const floor = kind === 'PodPool' && leased.length > 0 ? Math.max(target, counted.length) : target;
  if (floor >= replicas) return { kind: 'hold', reason: `${leased.length} leased pods are still of the ReplicaSet` };
  const end = counted
    .filter(({ state }) => state !== 'leased')
    .sort((a, b) => Number(a.ready) - Number(b.ready) || b.createdAt - a.createdAt)
    .slice(0, Math.max(0, counted.length - floor))
    .map(({ id }) => id);
  return { kind: 'lower', replicas: floor, end };
}
