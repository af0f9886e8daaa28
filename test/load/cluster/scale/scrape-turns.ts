import { FunctionEntry } from '../../../../gateway/functions/function-entry.ts';
import { renderMetrics } from '../../../../gateway/metrics/exposition.ts';
import { createMetrics } from '../../../../kit/metrics.ts';
import { sendInPieces } from '../../../../kit/send-in-pieces.ts';
import { quantile } from '../../quantile.ts';

const SCRAPES = 15;

/** The longest that a scrape keeps the event loop from other things, in milliseconds; the median of several scrapes of so many functions, of which `active` were just used. In this process: from outside it cannot be told from what else the machine does. */
export async function longestScrapeTurn(functions: number, active: number): Promise<number> {
  const entries = Array.from({ length: functions }, (_, n) => new FunctionEntry('bench-scale', `fn-${n}`));
  const now = performance.now();
  for (const { tally } of entries.slice(0, active)) tally.count(200, now, now);
  const longest: number[] = [];
  for (let scrape = 0; scrape < SCRAPES; scrape++) longest.push(Math.max(...(await turnsOf(entries))));
  return quantile(longest, 0.5);
}

async function turnsOf(entries: readonly FunctionEntry[]): Promise<number[]> {
  const turns: number[] = [];
  let begun = performance.now();
  const take = (text: string) => turns.push(Buffer.from(text).length > 0 ? performance.now() - begun : 0) > 0;
  const response = {
    destroyed: false,
    write(text: string) {
      setImmediate(() => (begun = performance.now()));
      return take(text);
    },
    end: (text = '') => take(text),
  };
  await sendInPieces(response, renderMetrics(entries, createMetrics(), performance.now()));
  return turns;
}
