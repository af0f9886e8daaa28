import { PlatformError } from '../protocol/errors.ts';
import type { Placement as PlacementSpec } from '../protocol/schema/placement.ts';
import { show } from '../protocol/schema/validate.ts';
import { checkProps, defined, type PropNames } from './props.ts';

/** A taint that pods bear (Kubernetes, "Taints and Tolerations"). */
export interface Toleration {
  /** Of the taint. @default - every taint, which wants operator `Exists` */
  readonly key?: string;
  /** `Equal`: of this value; `Exists`: of any. @default 'Equal' */
  readonly operator?: 'Equal' | 'Exists';
  /** Of the taint, for `Equal`. @default '' */
  readonly value?: string;
  /** Of the taint. @default - every effect */
  readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  /** Seconds that a pod stays after the taint came, for `NoExecute`: 0 to 86,400. @default - for good */
  readonly tolerationSeconds?: number;
}

/**
 * Where instances run, and as what. Another placement makes other instances: a pool fills with new ones, and functions move over to them. `fib dev` ignores it.
 *
 * @example
 * const pool = new PodPool(stack, 'sandboxed', {
 *   runtime: Runtime.NODEJS,
 *   min: 2,
 *   max: 20,
 *   placement: {
 *     zones: ['eu-1a', 'eu-1b'],
 *     nodeSelector: { 'node.example.com/class': 'functions' },
 *     tolerations: [{ key: 'functions', operator: 'Exists', effect: 'NoSchedule' }],
 *     runtimeClass: 'gvisor',
 *   },
 * });
 */
export interface Placement {
  /** Labels that the node has, all of them: 32 at the most. @default {} */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Zones that the node is in one of (`topology.kubernetes.io/zone`): 1 to 16. @default - any */
  readonly zones?: readonly string[];
  /** Racks that the node is in one of, by the label that the Platform's `functions.rackLabel` says: 1 to 16. @default - any */
  readonly racks?: readonly string[];
  /** Taints that the pods bear: 32 at the most. @default [] */
  readonly tolerations?: readonly Toleration[];
  /** RuntimeClass of the cluster, such as one of gVisor or Kata Containers. @default - the nodes' own runtime */
  readonly runtimeClass?: string;
  /** PriorityClass of the cluster. @default - the cluster's default */
  readonly priorityClass?: string;
  /** Pods spread over zones, racks (where some are named) and nodes. `required`: one that would leave the zones uneven by more than one waits. @default 'preferred' */
  readonly spread?: 'preferred' | 'required';
}

const PLACEMENT: PropNames<Placement> = {
  nodeSelector: true,
  zones: true,
  racks: true,
  tolerations: true,
  runtimeClass: true,
  priorityClass: true,
  spread: true,
};

/** As specs write it; absent where it says nothing. What is in the fields is the schema's to judge. @throws PlatformError SPEC_INVALID for an unknown field */
export function placementSpec(what: string, placement: Placement | undefined): { readonly placement?: PlacementSpec } {
  if (placement === undefined) return {};
  checkProps(`${what}: placement`, placement, PLACEMENT);
  const { tolerations } = placement;
  if (tolerations !== undefined && !Array.isArray(tolerations))
    throw new PlatformError('SPEC_INVALID', `${what}: placement.tolerations (${show(tolerations)}) must be a list`);
  const spec = defined({ ...placement, tolerations: tolerations?.map((one) => defined(one)) });
  return Object.keys(spec).length === 0 ? {} : { placement: spec as PlacementSpec };
}
