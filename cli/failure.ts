import { CommanderError } from 'commander';
import { ERRORS, type ErrorCode, isErrorCode, PlatformError } from '../protocol/errors.ts';
import type { Terminal } from './terminal.ts';

/** Exit codes by error; 1 for all others. */
const EXIT_CODES: Partial<Record<ErrorCode, number>> = { USAGE: 2, NOT_RUNNING: 3, TOOLCHAIN_MISSING: 4 };

/** What went wrong, as a person or a machine reads it. A defect of ours is INTERNAL; its stack is shown with `FIB_DEBUG=1`. */
export function toPlatformError(error: unknown): PlatformError {
  if (error instanceof PlatformError) return error;
  if (error instanceof CommanderError) return new PlatformError('USAGE', error.message.replace(/^error: /, ''));
  const { name, code, message, details } = error as { name?: unknown; code?: unknown; message?: string; details?: Record<string, unknown> };
  // Another copy of this package, loaded by the stack, throws errors of its own class.
  if (name === 'PlatformError' && isErrorCode(code)) return new PlatformError(code, String(message), { details: details ?? {} });
  return new PlatformError('INTERNAL', String(message ?? error), { cause: error });
}

/** Shows an error with its code and the way out, and gives the exit code. */
export function reportFailure(error: unknown, terminal: Terminal, debug: boolean): number {
  const failure = toPlatformError(error);
  const { wayOut } = ERRORS[failure.code];
  if (terminal.json) {
    terminal.print(JSON.stringify({ error: { code: failure.code, message: failure.message, wayOut, details: failure.details } }));
  } else {
    terminal.note(renderFailure(failure, terminal));
  }
  if (debug) terminal.note(String((failure.cause as Error | undefined)?.stack ?? failure.stack));
  return EXIT_CODES[failure.code] ?? 1;
}

export function renderFailure(failure: PlatformError, terminal: Terminal): string {
  return [`${terminal.paint(['red', 'bold'], `✗ ${failure.code}`)} ${failure.message}`, terminal.paint('dim', `  ${ERRORS[failure.code].wayOut}`)].join('\n');
}
