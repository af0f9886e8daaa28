import { parseDuration } from '../../protocol/duration.ts';
import { functionName } from '../../protocol/names.ts';
import type { FunctionResource } from '../../protocol/schema/resources.ts';
import { parseSize } from '../../protocol/size.ts';
import type { ColdStartPhase } from '../../protocol/stream.ts';
import type { Instance } from '../capacity/instance.ts';
import { WaitingLine } from '../capacity/waiting-line.ts';
import { Tally } from '../metrics/tally.ts';

/** A function's limits in the units of the hot path. */
export interface FunctionLimits {
  readonly timeoutMs: number;
  readonly activationTimeoutMs: number;
  readonly queueLimit: number;
  readonly bodyLimitBytes: number;
  readonly retry: FunctionResource['spec']['retry'];
  /** A watcher stands before its code: it ends what takes too long, and what it says of itself is the platform's word. */
  readonly watched: boolean;
}

/** Most of many functions have no instance. */
const NONE: ReadonlyMap<string, Instance> = new Map();
const NONE_SERVING: readonly Instance[] = [];

/** All that a gateway holds for one function name. It outlives the Function object while requests or instances refer to it. */
export class FunctionEntry {
  readonly namespace: string;
  readonly name: string;
  /** `<namespace>/<name>`. */
  readonly key: string;
  /** The object, while it exists. */
  resource: FunctionResource | undefined;
  limits: FunctionLimits | undefined;
  /** Instances of the object's UID that requests may go to. */
  serving: readonly Instance[] = NONE_SERVING;
  /** Triggers that lead here. */
  triggers = 0;
  /** Where the round of equally loaded instances goes on. */
  cursor = 0;
  readonly line = new WaitingLine();
  /** Requests that hold a slot. */
  inFlight = 0;
  /** How far the start of capacity has got, as the leader tells. */
  phase: ColdStartPhase = 'queue';
  /** Reported busy to the leader, and not yet idle. */
  active = false;
  /** When the last request left, on the monotonic clock. */
  idleSince = 0;
  readonly tally: Tally;
  #instances: Map<string, Instance> | undefined;

  constructor(namespace: string, name: string) {
    this.namespace = namespace;
    this.name = name;
    this.key = functionName(namespace, name);
    this.tally = new Tally(this.key);
  }

  /** Every instance that the leader told of. */
  get instances(): ReadonlyMap<string, Instance> {
    return this.#instances ?? NONE;
  }

  get busy(): boolean {
    return this.inFlight > 0 || this.line.size > 0;
  }

  setResource(resource: FunctionResource | undefined): void {
    this.resource = resource;
    this.limits = resource && limitsOf(resource);
    this.tally.setRate(resource?.spec.scaling.targetRate);
    this.refreshServing();
  }

  addInstance(instance: Instance): void {
    (this.#instances ??= new Map()).set(instance.id, instance);
    this.refreshServing();
  }

  removeInstance(id: string): void {
    this.#instances?.delete(id);
    if (this.#instances?.size === 0) this.#instances = undefined;
    this.refreshServing();
  }

  /** To be called when one of the instances' states or the object changed. */
  refreshServing(): void {
    const uid = this.resource?.metadata.uid;
    const all = this.#instances;
    this.serving = all === undefined ? NONE_SERVING : [...all.values()].filter((instance) => instance.uid === uid && !instance.draining && !instance.gone);
  }
}

function limitsOf({ spec }: FunctionResource): FunctionLimits {
  return {
    timeoutMs: parseDuration(spec.timeout),
    activationTimeoutMs: parseDuration(spec.activationTimeout),
    queueLimit: spec.queueLimit,
    bodyLimitBytes: parseSize(spec.bodyLimit),
    retry: spec.retry,
    watched: spec.runtime !== 'container',
  };
}
