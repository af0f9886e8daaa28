import { readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';

/** A handler as a Go function declares it. */
export interface GoHandler {
  /** As declared: `api/users.List`. */
  readonly name: string;
  /** The source file, relative to the module: `api/users.go`. */
  readonly file: string;
  /** The package's folder, relative to the module: `api`, or `.`. */
  readonly folder: string;
  readonly exported: string;
}

const HANDLER = /^(?<path>[^\\\0]+)\.(?<exported>[^./\\\0]+)$/;
/** Of another package only names that begin with an upper-case letter can be used (The Go Programming Language Specification, exported identifiers). */
const EXPORTED = /^\p{Lu}[\p{L}\p{Nd}_]*$/u;

/**
 * Finds a handler's file and sees that it can be compiled in.
 * @throws PlatformError CODE_INVALID
 */
export function parseHandler(directory: string, name: string): GoHandler {
  const { path = '', exported = '' } = HANDLER.exec(name)?.groups ?? {};
  if (path === '' || posix.normalize(path) !== path || path.startsWith('/') || path.startsWith('..'))
    throw invalid(name, 'it must be <file>.<Export>, the Go file without .go, relative to the folder of go.mod: hello.Handler');
  const file = `${path}.go`;
  if (!EXPORTED.test(exported)) throw invalid(name, `${exported} is not exported, as it does not begin with an upper-case letter: rename it in ${file}`);
  if (file.endsWith('_test.go')) throw invalid(name, `${file} is a file of tests, which is not compiled: move the handler to another file`);
  if (!statSync(join(directory, file), { throwIfNoEntry: false })?.isFile()) throw invalid(name, `there is no file ${file} in ${directory}`);
  if (packageOf(readFileSync(join(directory, file), 'utf8')) === 'main') {
    throw invalid(
      name,
      `${file} is of package main, a program, of which nothing can be imported: give the package another name in all files of its folder, and leave out func main`,
    );
  }
  return { name, file, folder: posix.dirname(file), exported };
}

/** The name in a file's package clause; undefined where it has none, which the compiler will say with its place. */
function packageOf(source: string): string | undefined {
  return /^(?:\s|\/\/.*|\/\*[\s\S]*?\*\/)*package\s+([\p{L}\p{Nd}_]+)/u.exec(source)?.[1];
}

function invalid(handler: string, problem: string): PlatformError {
  return new PlatformError('CODE_INVALID', `the handler ${handler} cannot be compiled: ${problem}`, { details: { handler } });
}
