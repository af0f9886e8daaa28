import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';

const INCLUDE = /^(?:-r|--requirement|-c|--constraint)[\s=]\s*(?<file>\S+)/;
/** What is built where it is installed: it would run the package's own program, and fit this machine alone. */
const BUILT = /^(?:-e|--editable|--no-binary)\b|^(?:\.|\/|file:)|(?:^|@\s*)(?:git|hg|svn|bzr)\+|^[\w.-]+(?:\[[^\]]*\])?\s*@\s*file:/;

/**
 * All that a folder's `requirements.txt` says, with the files that it includes, and no comments; undefined where it names nothing.
 * @throws PlatformError CODE_INVALID for a missing file and for what is no wheel
 */
export function readRequirements(directory: string): string | undefined {
  const lines = linesOf(directory, join(directory, 'requirements.txt'), []);
  return lines.length === 0 ? undefined : lines.join('\n');
}

function linesOf(directory: string, file: string, parents: readonly string[]): string[] {
  const name = relative(directory, file);
  if (parents.includes(file)) throw invalid(`${name} includes itself`, name);
  return readText(file, name)
    .replace(/\\\r?\n/g, '')
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '')
    .flatMap((line) => {
      if (BUILT.test(line)) {
        throw invalid(
          `${name} has the line "${line}", and functions take wheels alone: put the code into the function’s folder, or name a wheel (--find-links)`,
          name,
        );
      }
      const included = INCLUDE.exec(line)?.groups?.['file'];
      return included === undefined ? [line] : [line, ...linesOf(directory, join(dirname(file), included), [...parents, file])];
    });
}

function readText(file: string, name: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new PlatformError('CODE_INVALID', `${name} is included by the function’s requirements and cannot be read; correct its path`, {
      details: { file: name },
      cause,
    });
  }
}

function invalid(message: string, file: string): PlatformError {
  return new PlatformError('CODE_INVALID', message, { details: { file } });
}
