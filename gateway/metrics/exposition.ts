import type { Metrics } from '../../kit/metrics.ts';
import { METRICS } from '../../protocol/names.ts';
import type { FunctionEntry } from '../functions/function-entry.ts';

/** A function that nobody used for this long drops out of the exposition. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;

/** Text for the fast endpoint: series of recently used functions, then the process's own few. */
export function renderMetrics(entries: Iterable<FunctionEntry>, own: Metrics, now: number): string {
  let invocations = '';
  let durations = '';
  let inFlight = '';
  let waiting = '';
  for (const entry of entries) {
    const { busy, tally } = entry;
    if (!busy && now - tally.lastUsed > FORGOTTEN_AFTER_MS) continue;
    if (!busy && !tally.used) {
      invocations += tally.untouched;
      continue;
    }
    const series = tally.series(entry.inFlight, entry.line.size);
    invocations += series.invocations;
    durations += series.durations;
    inFlight += series.inFlight;
    waiting += series.waiting;
  }
  return [
    `# HELP ${METRICS.invokeTotal} Requests answered, by outcome.\n# TYPE ${METRICS.invokeTotal} counter\n${invocations}`,
    `# HELP ${METRICS.invokeDurationSum} Seconds from request to the last byte of its answer.\n# TYPE ${METRICS.invokeDurationSum} counter\n${durations}`,
    `# HELP ${METRICS.inFlight} Requests that instances work on.\n# TYPE ${METRICS.inFlight} gauge\n${inFlight}`,
    `# HELP ${METRICS.waiting} Requests that wait for an instance.\n# TYPE ${METRICS.waiting} gauge\n${waiting}`,
    own.render(),
  ].join('');
}
