import { budgetName } from '../../protocol/cluster-names.ts';
import { LABELS } from '../../protocol/names.ts';
import type { FunctionResource } from '../../protocol/schema/resources.ts';
import type { KubernetesObject } from './object.ts';

/** Registered, so that a construct of another copy of this package is known by it. */
export const BUDGET = Symbol.for('fibonacci.dev/disruption-budget');

/** A construct that says how many of its instances stay while nodes are drained. */
export interface Budgeted {
  readonly [BUDGET]: number | undefined;
}

export function isBudgeted<T extends object>(value: T): value is T & Budgeted {
  return BUDGET in value;
}

/**
 * What keeps evictions from taking too many of a function's pods at once; undefined where it would hold up a drain for good: with fewer than two instances that always run.
 * `minAvailable` as a number, since pods that a function took from a pool are controlled by its Revision: of such pods Kubernetes understands nothing else ("Specifying a Disruption Budget", arbitrary controllers).
 * @param minAvailable undefined: half of the instances that always run, rounded down
 */
export function disruptionBudget({ metadata, spec }: FunctionResource, minAvailable: number | undefined, stack: string): KubernetesObject | undefined {
  const { minReplicas } = spec.scaling;
  const stays = Math.min(minAvailable ?? Math.floor(minReplicas / 2), minReplicas - 1);
  if (stays < 1) return undefined;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: budgetName(metadata.name), namespace: metadata.namespace, labels: { [LABELS.stack]: stack } },
    // What does not serve protects nothing, and is never in a drain's way.
    spec: { minAvailable: stays, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: { [LABELS.function]: metadata.name } } },
  };
}

/** `<namespace>/<name>` of the function whose pods a PodDisruptionBudget is for; undefined for any other object. */
export function budgetedFunction(object: KubernetesObject): string | undefined {
  if (object.kind !== 'PodDisruptionBudget') return undefined;
  const { selector } = (object['spec'] ?? {}) as { selector?: { matchLabels?: Readonly<Record<string, string>> } };
  const name = selector?.matchLabels?.[LABELS.function];
  return name === undefined ? undefined : `${object.metadata.namespace}/${name}`;
}
