import type { FunctionSpec } from '../protocol/schema/function.ts';
import { functionSpec } from '../protocol/schema/function.ts';
import { type Placement, placementSpec } from './placement.ts';
import { checkProps, type PropNames, schemaDefault } from './props.ts';
import type { PodPool } from './pod-pool.ts';
import { type Size, sizeText } from './size.ts';

/** Where a function's instances come from: made by `hot` or `cold`. */
export interface FunctionDeployment {
  /** Of `hot`. @default - none */
  readonly pool?: PodPool;
  /** As it stands in the Function. */
  readonly spec: FunctionSpec['deployment'];
}

/** Instances of a function's own: made by `cold`. */
export type ColdDeployment = FunctionDeployment & { readonly pool?: never };

export interface ColdOptions {
  /** Memory limit of one instance. @default Size.mebibytes(256) */
  readonly memory?: Size;
  /** Where the instances run, and as what. @default - anywhere */
  readonly placement?: Placement;
}

const COLD_OPTIONS: PropNames<ColdOptions> = { memory: true, placement: true };

/**
 * Instances are waiting in a pod pool, and one gets the function's code when the first request comes: milliseconds.
 * The pool must be of the function's runtime and namespace; it fixes memory and placement.
 */
export function hot(pool: PodPool): FunctionDeployment {
  return { pool, spec: { type: 'hot', pool: pool.name } };
}

/** Instances of its own, started when the first request comes. @throws PlatformError SPEC_INVALID for an unknown option */
export function cold(options: ColdOptions = {}): ColdDeployment {
  checkProps('cold', options, COLD_OPTIONS);
  const memory = sizeText('memory', options.memory, schemaDefault(functionSpec.properties.deployment, 'memory'));
  return { spec: { type: 'cold', memory, ...placementSpec('cold', options.placement) } };
}
