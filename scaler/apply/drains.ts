import type { Member } from '../observe/functions.ts';
import type { Gateways } from './gateways.ts';

/** Waits until gateways have finished with instances that go. */
export interface Drains {
  /** Resolves when every live gateway has nothing in flight on it, when it is gone, or after `timeoutMs`. */
  wait(member: Member, timeoutMs: number): Promise<void>;
  /** A gateway has nothing in flight on it. */
  acknowledged(gateway: string, instanceId: string): void;
  /** Nothing is to be waited for any more. */
  gone(instanceId: string): void;
  /** The set of live gateways changed. */
  recheck(): void;
  close(): void;
}

interface Drain {
  readonly by: Set<string>;
  readonly timer: NodeJS.Timeout;
  resolve(): void;
}

export function createDrains(gateways: Pick<Gateways, 'live'>): Drains {
  const drains = new Map<string, Drain>();

  const end = (id: string) => {
    const drain = drains.get(id);
    if (!drain) return;
    drains.delete(id);
    clearTimeout(drain.timer);
    drain.resolve();
  };
  const check = (id: string) => {
    const drain = drains.get(id);
    if (drain && gateways.live().every((gateway) => drain.by.has(gateway))) end(id);
  };
  return {
    wait({ id }, timeoutMs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      drains.set(id, { by: new Set(), resolve, timer: setTimeout(end, timeoutMs, id) });
      check(id);
      return promise;
    },
    acknowledged(gateway, instanceId) {
      drains.get(instanceId)?.by.add(gateway);
      check(instanceId);
    },
    gone: end,
    recheck: () => [...drains.keys()].forEach(check),
    close() {
      for (const { timer } of drains.values()) clearTimeout(timer);
      drains.clear();
    },
  };
}
