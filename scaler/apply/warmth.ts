import type { Fleet, Instance } from '../../kit/fleet/fleet.ts';
import type { Log } from '../../kit/log.ts';
import type { WatcherClient } from './watcher-client.ts';

/** Shorter than a watcher keeps an unused connection open. */
const LOOK_MS = 3000;
const STRIKES = 2;

/**
 * Looks at every waiting instance when it comes up and from time to time: its control port then has answered once and its connection is open, which spares a cold start some milliseconds. One that does not answer twice is ended, so that no request finds it.
 */
export function keepWarm({ fleet, watchers, log }: { fleet: Fleet; watchers: Pick<WatcherClient, 'status'>; log: Log }): { close(): void } {
  const strikes = new Map<string, number>();

  const look = async ({ id, controlUrl = '' }: Instance) => {
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
  const timer = setInterval(() => {
    for (const instance of fleet.list()) if (instance.state === 'idle') void look(instance);
  }, LOOK_MS);
  return {
    close() {
      unsubscribe();
      clearInterval(timer);
    },
  };
}
