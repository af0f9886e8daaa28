import { delimiter, join, relative, sep } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { PlatformError } from '../../protocol/errors.ts';
import { OLDEST_FUNCTION_JDK, runTool, type Jdk } from './java-toolchain.ts';

interface Compilation {
  /** Absolute. */
  readonly folder: string;
  /** Relative to it. */
  readonly sources: readonly string[];
  readonly classPath: readonly string[];
  readonly output: string;
  readonly jdk: Jdk;
}

const MAX_ERRORS = 20;
/** As javac and Maven print a place. */
const PLACE = /^(?:\[ERROR\] )?(?<file>[^\s:][^:[\]]*\.java):\[?(?<line>\d+)(?:,\d+\])?:? (?:error: )?(?<text>.*)$/;

/** @throws PlatformError CODE_INVALID with `file:line: text` for each error */
export function compileSources({ folder, sources, classPath, output, jdk }: Compilation): void {
  const options = [
    '--release',
    String(OLDEST_FUNCTION_JDK),
    '-encoding',
    'UTF-8',
    '-proc:none',
    '-parameters',
    '-g',
    '-Xmaxerrs',
    String(MAX_ERRORS),
    '-nowarn',
  ];
  const { ok, output: printed } = runTool(join(jdk.home, 'bin', 'javac'), [...options, '-d', output, '-cp', classPath.join(delimiter), ...sources], {
    cwd: folder,
  });
  if (!ok) throw describeErrors(printed, folder);
}

/** A compiler's output as one error, with paths relative to the function's folder; `file` and `line` of the first in `details`. */
export function describeErrors(output: string, folder: string): PlatformError {
  const printed = stripVTControlCharacters(output);
  const places = printed.split('\n').flatMap((line) => {
    const { file, line: number, text = '' } = PLACE.exec(line)?.groups ?? {};
    return file === undefined ? [] : [{ file: inside(folder, file), line: Number(number), text }];
  });
  const lines = [...new Set(places.map(({ file, line, text }) => `${file}:${line}: ${text}`))].slice(0, MAX_ERRORS);
  const [first] = places;
  if (!first) return new PlatformError('CODE_INVALID', `the Java function does not compile:\n${summary(printed)}`, { details: { file: folder } });
  return new PlatformError('CODE_INVALID', ['the Java function does not compile:', ...lines].join('\n'), { details: { file: first.file, line: first.line } });
}

function inside(folder: string, file: string): string {
  return (file.startsWith(folder) ? relative(folder, file) : file).split(sep).join('/');
}

/** What is left of an output that names no place. */
function summary(printed: string): string {
  const lines = printed
    .split('\n')
    .map((line) => line.replace(/^\[ERROR\]\s*/, '').trim())
    .filter((line) => line !== '' && !/^(\[|To see|Re-run|For more|-> \[Help|WARNING:)/.test(line));
  return lines.slice(0, MAX_ERRORS).join('\n');
}
