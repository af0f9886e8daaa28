import { backoffMs } from '../../kit/backoff.ts';
import type { Log } from '../../kit/log.ts';
import { functionName } from '../../protocol/names.ts';
import type { TriggerResource } from '../../protocol/schema/resources.ts';
import { decideTicks, tickId } from '../decide/ticks.ts';
import type { TickInvoker } from './invoker.ts';

export interface TimersDeps {
  readonly invoker: Pick<TickInvoker, 'invoke'>;
  readonly log: Log;
  readonly now: () => number;
  /** A tick was answered: it is to be remembered. */
  onAnswered(trigger: TriggerResource, scheduled: Date): void;
}

/** Fires the ticks of timer triggers: at least once each, with an id that is equal for every attempt. */
export interface Timers {
  /** Starts or changes a timer. */
  put(trigger: TriggerResource): void;
  remove(namespace: string, name: string): void;
  close(): Promise<void>;
}

interface Running {
  trigger: TriggerResource;
  after: Date;
  timer?: NodeJS.Timeout | undefined;
  stopped: boolean;
}

/** Timers of the runtime hold 24 days at the most, and a clock may be set in between. */
const LONGEST_WAIT_MS = 60_000;
const RETRY = { firstMs: 500, maxMs: 30_000 };

export function createTimers({ invoker, log, now, onAnswered }: TimersDeps): Timers {
  const running = new Map<string, Running>();
  const firing = new Set<Promise<void>>();
  const waits = new Map<NodeJS.Timeout, () => void>();

  const look = (entry: Running) => {
    entry.timer = undefined;
    const at = new Date(now());
    const { fire, next } = decideTicks({ timer: entry.trigger.spec.timer as NonNullable<TriggerResource['spec']['timer']>, after: entry.after, now: at });
    entry.after = at;
    for (const [index, scheduled] of fire.entries()) start(entry, scheduled, fire[index + 1] ?? next);
    if (next) entry.timer = setTimeout(() => look(entry), Math.min(LONGEST_WAIT_MS, Math.max(0, next.getTime() - now())));
  };
  const start = (entry: Running, scheduled: Date, until: Date | undefined) => {
    const work: Promise<void> = fireTick(entry, scheduled, until).finally(() => firing.delete(work));
    firing.add(work);
  };
  /** Tries until it is answered or the next tick is due. */
  const fireTick = async (entry: Running, scheduled: Date, until: Date | undefined) => {
    const { trigger } = entry;
    const id = tickId(functionName(trigger.metadata.namespace, trigger.metadata.name), scheduled);
    for (let failures = 1; !entry.stopped; failures++) {
      try {
        await invoker.invoke(trigger, scheduled);
        return onAnswered(trigger, scheduled);
      } catch (error) {
        const waitMs = backoffMs(failures, RETRY);
        const last = until !== undefined && now() + waitMs >= until.getTime();
        log[last ? 'error' : 'warn'](last ? 'tick was not answered, the next one is due' : 'tick was not answered, trying again', {
          tick: id,
          attempt: failures,
          reason: (error as Error).message,
        });
        if (last) return;
        await wait(waitMs);
      }
    }
  };
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      const done = () => {
        waits.delete(timer);
        resolve();
      };
      const timer = setTimeout(done, ms);
      waits.set(timer, done);
    });
  const stop = (key: string) => {
    const entry = running.get(key);
    if (!entry) return;
    entry.stopped = true;
    clearTimeout(entry.timer);
    running.delete(key);
  };

  return {
    put(trigger) {
      const key = functionName(trigger.metadata.namespace, trigger.metadata.name);
      const known = running.get(key);
      stop(key);
      const { lastTick } = trigger.status ?? {};
      // Never before it was made; where it ran already, the ticks until now were seen to.
      const after = known?.after ?? new Date(lastTick ?? trigger.metadata.creationTimestamp ?? now());
      const entry: Running = { trigger, after, stopped: false };
      running.set(key, entry);
      look(entry);
    },
    remove: (namespace, name) => stop(functionName(namespace, name)),
    async close() {
      for (const key of [...running.keys()]) stop(key);
      for (const [timer, done] of waits) {
        clearTimeout(timer);
        done();
      }
      await Promise.race([Promise.all(firing), wait(1000)]);
    },
  };
}
