import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BuildOptions, BuildResult, Message } from 'esbuild';
import { PlatformError } from '../../protocol/errors.ts';

type BuildSync = <T extends BuildOptions>(options: T) => BuildResult<T>;

const OWN_FOLDER = fileURLToPath(new URL('.', import.meta.url));
const MAX_LINES = 20;

/**
 * Runs esbuild, that of the project before one beside this package: the project chooses its version.
 * @param folder of the project; the messages' paths are relative to it
 * @throws PlatformError TOOLCHAIN_MISSING; CODE_INVALID with `file:line:column: text` for each of its messages; `details` has `file` and `line` of the first, and `sources`, the files that they name
 */
export function runEsbuild<T extends BuildOptions>(folder: string, options: T): BuildResult<T> {
  const buildSync = loadEsbuild([folder, OWN_FOLDER]);
  try {
    return buildSync({ ...options, absWorkingDir: folder, logLevel: 'silent', logLimit: 0 });
  } catch (error) {
    const { errors } = error as { errors?: readonly Message[] };
    if (!errors) throw missing(`does not run here (${String((error as Error).message).split('\n', 1)[0]})`, error);
    throw describeErrors(folder, errors);
  }
}

/** @param folders where it may be installed, the first choice first @throws PlatformError TOOLCHAIN_MISSING */
export function loadEsbuild(folders: readonly string[]): BuildSync {
  for (const folder of folders) {
    try {
      return (createRequire(join(folder, 'index.js'))('esbuild') as { buildSync: BuildSync }).buildSync;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw missing(`cannot be loaded (${(error as Error).message})`, error);
    }
  }
  throw missing('is not installed');
}

function describeErrors(folder: string, errors: readonly Message[]): PlatformError {
  const lines = errors.map(({ text, location }) => (location ? `${location.file}:${location.line}:${location.column + 1}: ${text}` : text));
  const rest = lines.length > MAX_LINES ? [`… and ${lines.length - MAX_LINES} more`] : [];
  const places = errors.flatMap(({ location }) => (location ? [location] : []));
  const [first] = places;
  return new PlatformError('CODE_INVALID', ['the code cannot be bundled:', ...lines.slice(0, MAX_LINES), ...rest].join('\n'), {
    details: { ...(first && { file: first.file, line: first.line }), sources: [...new Set(places.map(({ file }) => join(folder, file)))] },
  });
}

function missing(problem: string, cause?: unknown): PlatformError {
  return new PlatformError('TOOLCHAIN_MISSING', `Code.bundle needs esbuild, and it ${problem}: run npm install --save-dev esbuild`, { cause });
}
