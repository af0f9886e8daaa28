import type { RuleVerdict } from './verdict.ts';

export interface ReplicasInput {
  /** What was wanted until now. */
  readonly current: number;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  /** Requests that one instance runs at once. */
  readonly concurrency: number;
  /** Requests waiting and in flight at all gateways, as far as the report is fresh. */
  readonly load: number;
  /** Highest load within the stabilization window. */
  readonly peakLoad: number;
  readonly demand: 'on' | 'off';
  /** Absent: no rule speaks of the function. */
  readonly verdict?: RuleVerdict | undefined;
  /** Silenced: nothing but 0 → 1 and the bounds. */
  readonly frozen: boolean;
  /** How long every live gateway has reported it idle; absent when one has not. */
  readonly idleForMs?: number | undefined;
  readonly idleTimeoutMs: number;
  /** False while what is known may be old: then nothing is ended for want of load. */
  readonly mayShrink: boolean;
}

export type ReplicasReason = 'steady' | 'demand' | 'rules-out' | 'rules-in' | 'idle' | 'bounds';

export interface ReplicasDecision {
  readonly replicas: number;
  readonly reason: ReplicasReason;
}

/** How many instances a function should have: demand only raises, rules do both, idleness lowers to the minimum, bounds have the last word. */
export function decideReplicas(input: ReplicasInput): ReplicasDecision {
  const wanted = input.frozen ? frozenReplicas(input) : freeReplicas(input);
  const bounded = Math.min(Math.max(wanted.replicas, input.minReplicas), input.maxReplicas);
  const replicas = input.mayShrink ? bounded : Math.max(bounded, input.current);
  return replicas === wanted.replicas ? wanted : { replicas, reason: replicas === input.current ? 'steady' : 'bounds' };
}

function frozenReplicas({ current, load }: ReplicasInput): ReplicasDecision {
  return current === 0 && load > 0 ? { replicas: 1, reason: 'demand' } : { replicas: current, reason: 'steady' };
}

function freeReplicas(input: ReplicasInput): ReplicasDecision {
  const { current, verdict, idleForMs, idleTimeoutMs, minReplicas } = input;
  const byDemand = demandReplicas(input);
  const byRules = verdict?.kind === 'out' ? verdict.replicas : 0;
  if (Math.max(byDemand, byRules) > current) {
    return byDemand >= byRules ? { replicas: byDemand, reason: 'demand' } : { replicas: byRules, reason: 'rules-out' };
  }
  if (verdict?.kind !== 'out' && byDemand === 0 && idleForMs !== undefined && idleForMs >= idleTimeoutMs && current > minReplicas) {
    return { replicas: minReplicas, reason: 'idle' };
  }
  if (verdict?.kind === 'in') {
    const peak = input.demand === 'on' ? Math.ceil(input.peakLoad / input.concurrency) : 0;
    // The last instance goes by idle reports alone: a low rate is not the same as no request.
    const enough = Math.max(verdict.replicas, peak, byDemand, 1);
    if (enough < current) return { replicas: enough, reason: 'rules-in' };
  }
  return { replicas: current, reason: 'steady' };
}

function demandReplicas({ demand, load, concurrency, current }: ReplicasInput): number {
  if (demand === 'on') return Math.ceil(load / concurrency);
  return load > 0 && current === 0 ? 1 : 0;
}
