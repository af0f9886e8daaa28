import { PlatformError } from '../../protocol/errors.ts';
import type { FunctionEntry } from '../functions/function-entry.ts';
import type { DemandReporter } from '../leader/demand.ts';
import type { LeaderPort } from '../leader/link.ts';
import type { Instance } from './instance.ts';
import { pickInstance } from './pick.ts';
import type { Claimant, Place } from './waiting-line.ts';

/** Longest pause of an instance between refusals. */
const MAX_REST_MS = 50;

/** Slots of instances and the lines before them. In-flight counts are this gateway's own; the watcher is the authority. */
export interface Capacity {
  /** A free slot at once, or undefined; then the claimant `wait`s. */
  take(entry: FunctionEntry, avoid?: Instance): Instance | undefined;
  /** Joins the line until `giveUpAt` (monotonic clock). `again`: it was let in before, and stands in front. @throws PlatformError QUEUE_FULL */
  wait(entry: FunctionEntry, claimant: Claimant, giveUpAt: number, again: boolean): Place;
  /** The client went away. */
  leave(entry: FunctionEntry, place: Place): void;
  release(entry: FunctionEntry, instance: Instance): void;
  /** The instance takes nothing for a moment; each time in a row twice as long, up to `maxMs`. */
  rest(entry: FunctionEntry, instance: Instance, firstMs: number, maxMs?: number): void;
  /** Serves the line, after capacity came. */
  serve(entry: FunctionEntry): void;
  /** Answers all that wait. */
  refuse(entry: FunctionEntry, error: PlatformError): void;
}

export interface CapacityDeps {
  readonly zone: string;
  readonly demand: DemandReporter;
  readonly leader: LeaderPort;
}

export function createCapacity({ zone, demand, leader }: CapacityDeps): Capacity {
  const occupy = (entry: FunctionEntry, instance: Instance) => {
    instance.inFlight++;
    entry.inFlight++;
    if (!entry.active) demand.becameActive(entry);
  };
  const pick = (entry: FunctionEntry, avoid: Instance | undefined): Instance | undefined => {
    const index = pickInstance(entry.serving, entry.cursor, zone, avoid);
    if (index < 0) return undefined;
    entry.cursor = index + 1;
    const instance = entry.serving[index] as Instance;
    occupy(entry, instance);
    return instance;
  };
  const serve = (entry: FunctionEntry) => {
    for (let place = entry.line.first; place; place = entry.line.first) {
      const instance = pick(entry, place.claimant.avoid);
      if (!instance) return;
      entry.line.leave(place);
      demand.changed(entry);
      place.claimant.onSlot(instance);
    }
  };
  return {
    serve,
    take: (entry, avoid) => (entry.line.size > 0 ? undefined : pick(entry, avoid)),
    wait(entry, claimant, giveUpAt, again) {
      const { queueLimit } = entry.limits ?? { queueLimit: 0 };
      if (!again && entry.line.size >= queueLimit) {
        throw new PlatformError(
          'QUEUE_FULL',
          `${queueLimit} requests wait for ${entry.key} at this gateway: try again later, or raise queueLimit or maxReplicas`,
        );
      }
      const place = entry.line.join(claimant, again);
      place.timer = setTimeout(
        () => {
          entry.line.leave(place);
          demand.changed(entry);
          claimant.onNoSlot(gaveUp(entry, leader));
        },
        Math.max(0, giveUpAt - performance.now()),
      );
      demand.grew(entry);
      return place;
    },
    leave(entry, place) {
      if (!place.waiting) return;
      entry.line.leave(place);
      demand.changed(entry);
    },
    release(entry, instance) {
      instance.inFlight--;
      entry.inFlight--;
      if (instance.draining && instance.inFlight === 0) leader.send({ type: 'drained', instance: instance.id });
      if (entry.line.size > 0) serve(entry);
      if (!entry.busy) entry.idleSince = performance.now();
    },
    rest(entry, instance, firstMs, maxMs = MAX_REST_MS) {
      if (instance.resting) return;
      instance.restMs = Math.min(maxMs, Math.max(firstMs, instance.restMs * 2));
      instance.resting = true;
      setTimeout(
        () => {
          instance.resting = false;
          serve(entry);
        },
        instance.restMs * (0.5 + Math.random()),
      ).unref();
    },
    refuse(entry, error) {
      for (let place = entry.line.first; place; place = entry.line.first) {
        entry.line.leave(place);
        place.claimant.onNoSlot(error);
      }
      demand.changed(entry);
    },
  };
}

function gaveUp(entry: FunctionEntry, leader: LeaderPort): PlatformError {
  const waitedMs = entry.limits?.activationTimeoutMs ?? 0;
  if (!leader.connected) {
    return new PlatformError(
      'SCALER_UNAVAILABLE',
      `the scaler has been out of reach and no instance of ${entry.key} became free within ${waitedMs} ms: see the scaler’s log`,
      { details: { phase: entry.phase } },
    );
  }
  return new PlatformError('ACTIVATION_TIMEOUT', `no instance of ${entry.key} became free within ${waitedMs} ms; it got as far as the phase ${entry.phase}`, {
    details: { phase: entry.phase },
  });
}
