import type { Fleet, Instance } from '../../kit/fleet/fleet.ts';
import type { Log } from '../../kit/log.ts';
import type { WatcherClient } from './watcher-client.ts';

/** Shorter than a watcher keeps an unused connection open. */
const LOOK_MS = 3000;
const STRIKES = 2;
/** Of a large fleet those are kept warm that are likely to be taken next … */
const WARM = 64;
/** … and the others are looked at in turn, so many each time. */
const IN_TURN = 16;

/**
 * Looks at every waiting watcher when it comes up and again and again: its control port then has answered once and its connection is open, which spares a cold start some milliseconds. One that does not answer twice is ended, so that no request finds it.
 */
export function keepWarm({ fleet, watchers, log }: { fleet: Fleet; watchers: Pick<WatcherClient, 'status'>; log: Log }): { close(): void } {
  const strikes = new Map<string, number>();

  const look = async ({ id, controlUrl }: Instance) => {
    if (controlUrl === undefined) return;
    const answered = await watchers.status({ id, controlUrl }).then(
      () => true,
      () => false,
    );
    if (answered) return void strikes.delete(id);
    const count = (strikes.get(id) ?? 0) + 1;
    strikes.set(id, count);
    const waits = fleet.list().some((instance) => instance.id === id && instance.state === 'idle');
    if (count < STRIKES || !waits) return;
    log.warn('a waiting instance does not answer and is ended', { instance: id });
    void fleet.stop(id, 0);
  };
  const unsubscribe = fleet.subscribe((event) => {
    if (event.type === 'gone') strikes.delete(event.instance.id);
    if (event.type === 'idle') void look(event.instance);
  });
  let turn = 0;
  const timer = setInterval(() => {
    const waiting = fleet.list().filter(({ state }) => state === 'idle');
    const rest = waiting.slice(WARM);
    for (const instance of waiting.slice(0, WARM)) void look(instance);
    for (let count = 0; count < Math.min(IN_TURN, rest.length); count++) void look(rest[turn++ % rest.length] as Instance);
  }, LOOK_MS);
  return {
    close() {
      unsubscribe();
      clearInterval(timer);
    },
  };
}
