import { PlatformError } from '../protocol/errors.ts';
import { formatDuration } from '../protocol/duration.ts';

/** A length of time, in whole milliseconds. */
export class Duration {
  /** @throws PlatformError SPEC_INVALID unless it is a whole number, 0 or more */
  static milliseconds(amount: number): Duration {
    return new Duration(amount);
  }

  /** @throws PlatformError SPEC_INVALID unless it comes to whole milliseconds, 0 or more */
  static seconds(amount: number): Duration {
    return new Duration(amount * 1000);
  }

  /** @throws PlatformError SPEC_INVALID unless it comes to whole milliseconds, 0 or more */
  static minutes(amount: number): Duration {
    return new Duration(amount * 60_000);
  }

  /** @throws PlatformError SPEC_INVALID unless it comes to whole milliseconds, 0 or more */
  static hours(amount: number): Duration {
    return new Duration(amount * 3_600_000);
  }

  readonly #text: string;

  private constructor(milliseconds: number) {
    this.#text = formatDuration(milliseconds);
  }

  /** As specs write it: `1500ms`, `30s`, `5m`. */
  toString(): string {
    return this.#text;
  }
}

/** The text of a prop, or its default. @throws PlatformError SPEC_INVALID for what is no Duration */
export function durationText(name: string, value: Duration | undefined, fallback?: string): string {
  if (value === undefined && fallback !== undefined) return fallback;
  if (value instanceof Duration) return value.toString();
  throw new PlatformError('SPEC_INVALID', `${name} (${JSON.stringify(value)}) must be a Duration, such as Duration.seconds(30)`);
}
