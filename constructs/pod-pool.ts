import type { Construct } from 'constructs';
import { podPoolSpec } from '../protocol/schema/pod-pool.ts';
import { type Placement, placementSpec } from './placement.ts';
import { checkProps, type PropNames, schemaDefault } from './props.ts';
import { Resource, type ResourceProps } from './resource.ts';
import type { Runtime } from './runtime.ts';
import { type Size, sizeText } from './size.ts';

export interface PodPoolProps extends ResourceProps<'PodPool'> {
  /** The language runtime of the waiting instances. */
  readonly runtime: Runtime;
  /** Instances that wait, not yet specialized: 0 to 1,000. */
  readonly min: number;
  /** Instances in all, waiting, starting and specialized: 1 to 10,000, not less than `min`. */
  readonly max: number;
  /** Memory limit of one instance. @default Size.mebibytes(256) */
  readonly memory?: Size;
  /** Where its instances run, and as what. @default - anywhere */
  readonly placement?: Placement;
}

const PROPS: PropNames<PodPoolProps> = { runtime: true, min: true, max: true, memory: true, placement: true, transform: true };

/**
 * Instances of one runtime that wait for a function to serve.
 *
 * @example const pool = new PodPool(stack, 'node-pool', { runtime: Runtime.NODEJS, min: 2, max: 10 });
 * @throws PlatformError SPEC_INVALID with every issue; STACK_INVALID for an id that is taken
 */
export class PodPool extends Resource<'PodPool'> {
  readonly runtime: Runtime;

  constructor(scope: Construct, id: string, props: PodPoolProps) {
    const what = `PodPool ${JSON.stringify(id)}`;
    checkProps(what, props, PROPS);
    const { runtime, min, max } = props;
    const memory = sizeText(`${what}: memory`, props.memory, schemaDefault(podPoolSpec, 'memory'));
    const spec = { runtime, min, max, memory, ...placementSpec(what, props.placement) };
    super(scope, id, 'PodPool', props.transform, () => spec);
    this.runtime = runtime;
    this.check();
  }
}
