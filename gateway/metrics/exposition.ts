import type { Metrics } from '../../kit/metrics.ts';
import { METRICS } from '../../protocol/names.ts';
import type { FunctionEntry } from '../functions/function-entry.ts';
import type { Tally } from './tally.ts';

/** A function that nobody used for this long drops out of the exposition. */
const FORGOTTEN_AFTER_MS = 10 * 60_000;
/** Functions in one piece: about a tenth of a millisecond. */
const PIECE = 64;

/** As it was when its first series was rendered: which series there are depends on it. */
interface Used {
  readonly tally: Tally;
  readonly inFlight: number;
  readonly waiting: number;
}

/** Text for the fast endpoint, piece by piece: series of recently used functions, family by family, then the process's own few. Who asks for the next piece may do other things before. */
export function* renderMetrics(entries: Iterable<FunctionEntry>, own: Metrics, now: number): Generator<string> {
  const used: Used[] = [];
  yield `${header(METRICS.gatewayClock, 'Seconds on the clock of this process at the moment of these counts.', 'counter')}${METRICS.gatewayClock} ${now / 1000}\n`;
  yield header(METRICS.invokeTotal, 'Requests answered, by outcome.', 'counter');
  yield* inPieces(entries, (entry) => {
    const { busy, tally } = entry;
    if (!busy && now - tally.lastUsed > FORGOTTEN_AFTER_MS) return '';
    if (!busy && !tally.used) return tally.untouched;
    used.push({ tally, inFlight: entry.inFlight, waiting: entry.line.size });
    return tally.invocations();
  });
  yield header(METRICS.invokeDurationSum, 'Seconds from request to the last byte of its answer.', 'counter');
  yield* inPieces(used, ({ tally, waiting }) => tally.durations(waiting));
  yield header(METRICS.inFlight, 'Requests that instances work on.', 'gauge');
  yield* inPieces(used, ({ tally, inFlight }) => tally.inFlight(inFlight));
  yield header(METRICS.waiting, 'Requests that wait for an instance.', 'gauge');
  yield* inPieces(used, ({ tally, waiting }) => tally.waiting(waiting));
  yield own.render();
}

function header(name: string, help: string, type: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function* inPieces<T>(entries: Iterable<T>, render: (entry: T) => string): Generator<string> {
  let text = '';
  let count = 0;
  for (const entry of entries) {
    text += render(entry);
    if (++count % PIECE !== 0) continue;
    yield text;
    text = '';
  }
  yield text;
}
