import type { NoiseWatch } from '../quiet.ts';
import type { Measure } from '../measure.ts';
import { quantile } from '../quantile.ts';

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** A figure that may be as large as its budget. `noise` is for one that a busy machine makes worse: a ratio of what took turns is not. */
export function atMost(name: string, value: number, unit: string, budget: number, noise?: NoiseWatch): Measure {
  return judged({ name, value: round(value), unit, budget }, value <= budget, noise);
}

/** A figure that may be as small as its budget. */
export function atLeast(name: string, value: number, unit: string, budget: number, noise?: NoiseWatch): Measure {
  return judged({ name: `${name} (at least)`, value: round(value), unit, budget }, value >= budget, noise);
}

function judged(figure: Omit<Measure, 'ok' | 'reason'>, ok: boolean, noise: NoiseWatch | undefined): Measure {
  const reason = ok ? undefined : noise?.reason();
  return { ...figure, ok, ...(reason !== undefined && { reason }) };
}
