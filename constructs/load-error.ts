import { fileURLToPath } from 'node:url';
import { PlatformError } from '../protocol/errors.ts';
import { isPlatformError } from './synth/problem.ts';
import { isUserFile } from './user-file.ts';

interface Place {
  readonly file: string;
  readonly line: number;
}

/**
 * What a stack file threw, with the place in the user's code: an error of this package keeps its code, any other becomes STACK_LOAD_FAILED.
 * @param stackFile absent for a stack that is not loaded from a file
 */
export function loadError(stackFile: string | undefined, error: unknown): PlatformError {
  const place = placeOf(error);
  const at = place ? `${place.file}:${place.line}` : stackFile;
  const details = { ...(place ?? (stackFile === undefined ? {} : { file: stackFile })) };
  if (isPlatformError(error)) {
    return new PlatformError(error.code, at ? `${error.message}\n  at ${at}` : error.message, { details: { ...error.details, ...details }, cause: error });
  }
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new PlatformError('STACK_LOAD_FAILED', at ? `${at}: ${text}` : text, { details, cause: error });
}

/** The first line of the stack trace that lies in code of the user: not in Node.js, in `node_modules` or in this package. */
function placeOf(error: unknown): Place | undefined {
  if (!(error instanceof Error) || error.stack === undefined) return undefined;
  for (const line of error.stack.split('\n')) {
    const match = /(?:^|[\s(])((?:file:\/\/)?\/[^\s():]+):(\d+)/.exec(line);
    const file = match?.[1]?.startsWith('file://') ? fileURLToPath(match[1]) : match?.[1];
    if (file !== undefined && isUserFile(file)) return { file, line: Number(match?.[2]) };
  }
  return undefined;
}
