import type { GatewayMessage } from '../../protocol/stream.ts';
import type { FunctionEntry } from '../functions/function-entry.ts';

/** Tells the leader what functions need, at most once in `COALESCE_MS` for each, and which have become idle. */
export interface DemandReporter {
  /** The first request after idleness holds a slot or waits. */
  becameActive(entry: FunctionEntry): void;
  /** A request more waits. */
  grew(entry: FunctionEntry): void;
  /** Fewer wait. Told only once nobody does. */
  changed(entry: FunctionEntry): void;
  /** Functions that are reported busy. */
  active(): Iterable<FunctionEntry>;
  close(): Promise<void>;
}

const COALESCE_MS = 10;
const IDLE_AFTER_MS = 1000;
const IDLE_CHECK_MS = 250;

export function createDemandReporter(send: (message: GatewayMessage) => void): DemandReporter {
  const busy = new Set<FunctionEntry>();
  const told = new Map<FunctionEntry, number>();
  const scheduled = new Map<FunctionEntry, NodeJS.Timeout>();

  const tell = (entry: FunctionEntry) => {
    scheduled.delete(entry);
    told.set(entry, performance.now());
    send({ type: 'demand', function: entry.key, waiting: entry.line.size, inFlight: entry.inFlight });
  };
  const report = (entry: FunctionEntry) => {
    entry.active = true;
    busy.add(entry);
    if (scheduled.has(entry)) return;
    const waitMs = (told.get(entry) ?? -Infinity) + COALESCE_MS - performance.now();
    if (waitMs <= 0) tell(entry);
    else scheduled.set(entry, setTimeout(tell, waitMs, entry));
  };
  const timer = setInterval(() => {
    const before = performance.now() - IDLE_AFTER_MS;
    for (const entry of busy) {
      if (entry.busy || entry.idleSince > before || scheduled.has(entry)) continue;
      busy.delete(entry);
      told.delete(entry);
      entry.active = false;
      send({ type: 'idle', function: entry.key });
    }
  }, IDLE_CHECK_MS);
  timer.unref();

  return {
    becameActive: report,
    grew: report,
    changed(entry) {
      if (!entry.busy) entry.idleSince = performance.now();
      if (entry.line.size === 0) report(entry);
    },
    active: () => busy,
    async close() {
      clearInterval(timer);
      for (const pending of scheduled.values()) clearTimeout(pending);
    },
  };
}
