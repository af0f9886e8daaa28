import { functionKind } from './function.ts';
import type { Resource } from './kind.ts';
import { podPoolKind } from './pod-pool.ts';
import { revisionKind } from './revision.ts';
import { scalingRuleKind } from './scaling-rule.ts';
import { triggerKind } from './trigger.ts';

/** All kinds of the API group. */
export const KINDS = {
  Function: functionKind,
  Revision: revisionKind,
  Trigger: triggerKind,
  PodPool: podPoolKind,
  ScalingRule: scalingRuleKind,
} as const;

export type KindName = keyof typeof KINDS;
export type ResourceOf<K extends KindName> = K extends KindName ? Resource<(typeof KINDS)[K]> : never;
export type FunctionResource = ResourceOf<'Function'>;
export type RevisionResource = ResourceOf<'Revision'>;
export type TriggerResource = ResourceOf<'Trigger'>;
export type PodPoolResource = ResourceOf<'PodPool'>;
export type ScalingRuleResource = ResourceOf<'ScalingRule'>;
export type AnyResource = { [K in KindName]: ResourceOf<K> }[KindName];

export function isKindName(value: unknown): value is KindName {
  return typeof value === 'string' && Object.hasOwn(KINDS, value);
}
