import type { WatcherCode } from './contract.ts';

export interface ErrorPlace {
  /** Relative to the package. */
  readonly file?: string;
  readonly line?: number;
}

/** An error with a code of the platform's table; `place` where user code is at fault. */
export class WatcherError extends Error {
  readonly code: WatcherCode;
  readonly place: ErrorPlace;

  constructor(code: WatcherCode, message: string, place: ErrorPlace = {}) {
    super(message);
    this.name = 'WatcherError';
    this.code = code;
    this.place = place;
  }
}

/** Any thrown value as a WatcherError; what is none becomes `INTERNAL`. */
export function asWatcherError(thrown: unknown): WatcherError {
  if (thrown instanceof WatcherError) return thrown;
  return new WatcherError('INTERNAL', thrown instanceof Error ? thrown.message : String(thrown));
}
