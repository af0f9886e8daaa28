import type { Cell, Metrics } from '../../kit/metrics.ts';
import { METRICS } from '../../protocol/names.ts';
import type { Failure } from '../dispatch/retry.ts';

/** Counts requests that went to an instance again, by why. All reasons are there from the start. */
export function countRetries(metrics: Metrics): (reason: Failure['kind']) => void {
  const family = metrics.counter(METRICS.retries, 'Tries made again, by what became of the one before.');
  const cell = (reason: Failure['kind']) => family.cell({ reason });
  const cells: Readonly<Record<Failure['kind'], Cell>> = {
    'not-started': cell('not-started'),
    unconnected: cell('unconnected'),
    broken: cell('broken'),
  };
  return (reason) => void cells[reason].value++;
}
