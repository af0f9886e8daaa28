import { type ErrorCode, isErrorCode, PlatformError } from '../../protocol/errors.ts';

/** One thing wrong with a stack. */
export interface Problem {
  /** Path of the construct. */
  readonly path: string;
  readonly code: ErrorCode;
  /** With the value and the way out. */
  readonly message: string;
}

/** All problems in one error; its code is theirs where they share one. `details.problems` holds them for machines. */
export function problemsError(problems: readonly Problem[], details: Readonly<Record<string, unknown>> = {}): PlatformError {
  const [first] = problems;
  const code = first && problems.every((problem) => problem.code === first.code) ? first.code : 'STACK_INVALID';
  const lines = problems.map(({ path, message }) => `  ${path || '(app)'}: ${message.replaceAll('\n', '\n    ')}`);
  const count = problems.length === 1 ? 'The stack has a problem' : `The stack has ${problems.length} problems`;
  return new PlatformError(code, `${count}:\n${lines.join('\n')}`, { details: { ...details, problems } });
}

/** What was thrown at a construct, as a problem of it. */
export function problemOf(path: string, error: unknown): Problem {
  if (isPlatformError(error)) return { path, code: error.code, message: error.message };
  return { path, code: 'STACK_INVALID', message: error instanceof Error ? error.message : String(error) };
}

/** Also true for an error of another copy of this package, which `instanceof` does not know. */
export function isPlatformError(error: unknown): error is PlatformError {
  return error instanceof Error && error.name === 'PlatformError' && isErrorCode((error as { code?: unknown }).code);
}
