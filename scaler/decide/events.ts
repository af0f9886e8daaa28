import type { Condition } from './conditions.ts';

/** What an operator finds under an object in `kubectl describe`. */
export interface NewEvent {
  readonly type: 'Normal' | 'Warning';
  /** One CamelCase word. */
  readonly reason: string;
  readonly message: string;
}

/** What is no news for an operator: it happens all the time. */
const ORDINARY: ReadonlySet<string> = new Set(['Filling']);

/** A condition that turned bad, or is bad for another reason, is a warning; one that turned good again is told too. */
export function decideEvents(previous: readonly Condition[] | undefined, next: readonly Condition[] | undefined): NewEvent[] {
  return (next ?? []).flatMap(({ type, status, reason, message }): NewEvent[] => {
    const before = previous?.find((condition) => condition.type === type);
    if (status === 'False' && !ORDINARY.has(reason)) {
      return before?.status === 'False' && before.reason === reason && before.message === message ? [] : [{ type: 'Warning', reason, message }];
    }
    const recovered = status === 'True' && before?.status === 'False' && !ORDINARY.has(before.reason);
    return recovered ? [{ type: 'Normal', reason, message: `no longer ${before.reason}` }] : [];
  });
}

export interface EventBudget {
  /** Whether one more about this object may be told now; counts it if so. */
  take(object: string, now: number): boolean;
}

/** At most `burst` at once of each object, then one each `refillMs`: what flaps must not fill the cluster's storage. */
export function createEventBudget({ burst, refillMs }: { readonly burst: number; readonly refillMs: number }): EventBudget {
  const spent = new Map<string, { used: number; at: number }>();
  return {
    take(object, now) {
      for (const [key, { used, at }] of spent) {
        if (now - at < used * refillMs) break;
        spent.delete(key);
      }
      const known = spent.get(object);
      const used = Math.max(0, (known?.used ?? 0) - (known ? (now - known.at) / refillMs : 0));
      if (used > burst - 1) return false;
      spent.delete(object);
      spent.set(object, { used: used + 1, at: now });
      return true;
    },
  };
}
