import { PlatformError } from '../../protocol/errors.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `90s`, `5m`, or seconds alone. @throws PlatformError USAGE */
export function parseDurationOption(option: string, text: string): number {
  const match = /^(\d+)(ms|s|m|h)?$/.exec(text);
  if (!match) throw new PlatformError('USAGE', `${option} ${text} is not a duration such as 90s or 5m`);
  return Number(match[1]) * (UNITS[match[2] ?? 's'] ?? 1000);
}
