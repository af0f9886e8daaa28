import { NODE_LABELS } from './names.ts';
import type { Placement } from './schema/placement.ts';

const HOSTNAME = 'kubernetes.io/hostname';

/** What a placement is in a pod (Kubernetes API reference, PodSpec). */
export interface PlacedPodSpec {
  readonly runtimeClassName?: string;
  readonly priorityClassName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: object;
  readonly tolerations?: readonly object[];
}

/** What a placement adds to a pod; nothing where it is absent. Pure. */
export function renderPlacement(placement: Placement | undefined, rackLabel: string): PlacedPodSpec {
  const { nodeSelector, zones, racks, tolerations, runtimeClass, priorityClass } = placement ?? {};
  const matchExpressions = [
    ...(zones ? [{ key: NODE_LABELS.zone, operator: 'In', values: zones }] : []),
    ...(racks ? [{ key: rackLabel, operator: 'In', values: racks }] : []),
  ];
  return {
    ...(runtimeClass !== undefined && { runtimeClassName: runtimeClass }),
    ...(priorityClass !== undefined && { priorityClassName: priorityClass }),
    ...(nodeSelector && { nodeSelector }),
    ...(matchExpressions.length > 0 && {
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } } },
    }),
    ...(tolerations && { tolerations }),
  };
}

/**
 * How pods spread: over zones and nodes, and over racks where some are named.
 * Nodes and racks are never required: with one of them full, a pool would not grow on the others either.
 */
export function renderSpread(placement: Placement | undefined, rackLabel: string, selector: Readonly<Record<string, string>>): object[] {
  const over = (topologyKey: string, isRequired = false) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: isRequired ? 'DoNotSchedule' : 'ScheduleAnyway',
    labelSelector: { matchLabels: selector },
    // A zone whose nodes are all tainted would otherwise hold every pod.
    ...(isRequired && { nodeTaintsPolicy: 'Honor' }),
  });
  return [over(NODE_LABELS.zone, placement?.spread === 'required'), ...(placement?.racks ? [over(rackLabel)] : []), over(HOSTNAME)];
}
