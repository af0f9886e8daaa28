/** What gateways report of one function. */
export interface Load {
  readonly waiting: number;
  readonly inFlight: number;
}

interface GatewayBook {
  /** Set while its stream is down. */
  lostAt?: number;
  /** When it said which functions are active; all others are idle since then. */
  knownAt: number;
  readonly loads: Map<string, Load>;
  readonly idleSince: Map<string, number>;
}

const NO_LOAD: Load = { waiting: 0, inFlight: 0 };
/** A gateway whose stream broke counts as live for this long: it may still hold requests. */
export const GATEWAY_GRACE_MS = 10_000;
const PEAK_STEP_MS = 1000;

/** Load of every function at every gateway. Times are the caller's clock, in milliseconds. */
export interface DemandBook {
  connected(gateway: string, active: readonly (Load & { readonly function: string })[], now: number): void;
  disconnected(gateway: string, now: number): void;
  /** Forgets gateways that have been gone for longer than the grace; true if there were any. */
  expire(now: number): boolean;
  report(gateway: string, fn: string, load: Load, now: number): void;
  idle(gateway: string, fn: string, now: number): void;
  /** Connected, or lost within the grace. */
  liveGateways(): readonly string[];
  load(fn: string): Load;
  /** Highest load reported within the window. */
  peak(fn: string, windowMs: number, now: number): number;
  /** For how long every live gateway has had it idle; absent if one has not, cannot be heard, or there is none. */
  idleForMs(fn: string, now: number): number | undefined;
  forget(fn: string): void;
}

export function createDemandBook(): DemandBook {
  const gateways = new Map<string, GatewayBook>();
  const peaks = new Map<string, { at: number; load: number }[]>();

  const load = (fn: string): Load => {
    let waiting = 0;
    let inFlight = 0;
    for (const { loads } of gateways.values()) {
      const at = loads.get(fn) ?? NO_LOAD;
      waiting += at.waiting;
      inFlight += at.inFlight;
    }
    return { waiting, inFlight };
  };
  const notePeak = (fn: string, now: number) => {
    const total = load(fn);
    const steps = peaks.get(fn) ?? [];
    const last = steps.at(-1);
    if (last && now - last.at < PEAK_STEP_MS) last.load = Math.max(last.load, total.waiting + total.inFlight);
    else steps.push({ at: now, load: total.waiting + total.inFlight });
    peaks.set(fn, steps);
  };

  return {
    connected(gateway, active, now) {
      gateways.set(gateway, {
        knownAt: now,
        loads: new Map(active.map(({ function: fn, waiting, inFlight }) => [fn, { waiting, inFlight }])),
        idleSince: new Map(),
      });
      for (const { function: fn } of active) notePeak(fn, now);
    },
    disconnected(gateway, now) {
      const book = gateways.get(gateway);
      if (book) book.lostAt = now;
    },
    expire(now) {
      const before = gateways.size;
      for (const [gateway, { lostAt }] of gateways) if (lostAt !== undefined && now - lostAt >= GATEWAY_GRACE_MS) gateways.delete(gateway);
      return gateways.size < before;
    },
    report(gateway, fn, reported, now) {
      const book = gateways.get(gateway);
      if (!book) return;
      book.loads.set(fn, reported);
      if (reported.waiting + reported.inFlight > 0) book.idleSince.set(fn, Infinity);
      notePeak(fn, now);
    },
    idle(gateway, fn, now) {
      const book = gateways.get(gateway);
      book?.loads.delete(fn);
      book?.idleSince.set(fn, now);
    },
    liveGateways: () => [...gateways.keys()],
    load,
    peak(fn, windowMs, now) {
      const steps = peaks.get(fn);
      while (steps?.[0] && now - steps[0].at > windowMs) steps.shift();
      return steps ? steps.reduce((highest, step) => Math.max(highest, step.load), 0) : 0;
    },
    idleForMs(fn, now) {
      let since = gateways.size > 0 ? -Infinity : Infinity;
      for (const { lostAt, knownAt, loads, idleSince } of gateways.values()) {
        const at = lostAt !== undefined ? Infinity : (idleSince.get(fn) ?? (loads.has(fn) ? Infinity : knownAt));
        since = Math.max(since, at);
      }
      return since === Infinity ? undefined : now - since;
    },
    forget(fn) {
      peaks.delete(fn);
      for (const { loads, idleSince } of gateways.values()) {
        loads.delete(fn);
        idleSince.delete(fn);
      }
    },
  };
}
