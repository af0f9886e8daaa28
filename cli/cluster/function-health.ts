import type { FunctionResource, TriggerResource } from '../../protocol/schema/resources.ts';
import type { FleetPod } from './picture.ts';
import { judgeReadiness } from './readiness.ts';

/** How a function stands, and everything that is known to be wrong with it. */
export interface FunctionHealth {
  /** `<namespace>/<name>` */
  readonly name: string;
  readonly state: 'ready' | 'waiting' | 'failing';
  readonly ready: number;
  readonly replicas: number;
  readonly revision: string;
  readonly problems: readonly string[];
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[];
  readonly lastError?: { readonly code: string; readonly message: string; readonly time: string };
}

/** The verdict on a function from its own status, its triggers' and its pods'. @param pods all of its namespace */
export function judgeFunction(fn: FunctionResource, triggers: readonly TriggerResource[], pods: readonly FleetPod[]): FunctionHealth {
  const { metadata, spec, status } = fn;
  const name = `${metadata.namespace}/${metadata.name}`;
  const verdict = judgeReadiness(fn as never);
  const conditions = (status?.conditions ?? []).map(({ type, status: value, reason, message }) => ({ type, status: value, reason, message }));
  const own = pods.filter((pod) => pod.function === name);
  const waitsIn = spec.deployment.type === 'hot' ? pods.filter((pod) => pod.pool === spec.deployment.pool && pod.function === undefined) : [];
  const refused = triggers
    .filter((trigger) => trigger.metadata.namespace === metadata.namespace && trigger.spec.function === metadata.name)
    .flatMap((trigger) =>
      (trigger.status?.conditions ?? [])
        .filter(({ type, status: value }) => type === 'Accepted' && value === 'False')
        .map(({ message, reason }) => `trigger ${trigger.metadata.name}: ${message || reason}`),
    );
  return {
    name,
    state: verdict.kind,
    ready: status?.readyReplicas ?? own.filter(({ ready }) => ready).length,
    replicas: status?.replicas ?? own.length,
    revision: status?.revision ?? '',
    problems: unique([
      ...('why' in verdict ? [verdict.why] : []),
      ...refused,
      ...own.flatMap((pod) => podProblems(pod)),
      // A pool's trouble is a function's only while the pool has nothing to give.
      ...(waitsIn.some(({ ready }) => ready) ? [] : waitsIn.flatMap((pod) => podProblems(pod))),
    ]),
    conditions,
    ...(status?.lastError && { lastError: status.lastError }),
  };
}

function podProblems({ name, problem, lastEnd, restarts, finished }: FleetPod): string[] {
  const found = problem ?? finished ?? (restarts > 0 && lastEnd !== undefined ? `${lastEnd} (${restarts} restarts)` : undefined);
  return found === undefined ? [] : [`pod ${name}: ${found}`];
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
