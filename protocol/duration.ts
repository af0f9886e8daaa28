import { PlatformError } from './errors.ts';

const UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** Text form of every duration in a spec: one whole number and one unit (`250ms`, `30s`, `5m`, `1h`). */
export const DURATION_PATTERN = '^(0|[1-9][0-9]{0,8})(ms|s|m|h)$';
const PARSE = new RegExp(DURATION_PATTERN);

/** Milliseconds of `30s`. @throws PlatformError SPEC_INVALID */
export function parseDuration(text: string): number {
  const match = PARSE.exec(text);
  const unit = UNITS.find(([name]) => name === match?.[2]);
  if (!match || !unit) {
    throw new PlatformError('SPEC_INVALID', `"${text}" is not a duration: write a whole number and ms, s, m or h, such as 30s`);
  }
  return Number(match[1]) * unit[1];
}

/** The shortest exact text: 60000 → `1m`, 1500 → `1500ms`. */
export function formatDuration(ms: number): string {
  if (!Number.isSafeInteger(ms) || ms < 0) {
    throw new PlatformError('SPEC_INVALID', `${ms} ms is not a duration: it must be a whole number of milliseconds, 0 or more`);
  }
  if (ms === 0) return '0s';
  const [name, size] = UNITS.find(([, unitMs]) => ms % unitMs === 0) ?? ['ms', 1];
  return `${ms / size}${name}`;
}
