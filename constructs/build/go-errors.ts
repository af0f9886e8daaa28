import { PlatformError } from '../../protocol/errors.ts';
import type { GoHandler } from './go-handler.ts';

interface Built {
  readonly directory: string;
  readonly handlers: readonly GoHandler[];
  readonly folder: string;
}

const MAX_LINES = 20;
const PLACE = /^(?<file>[^\s:][^:]*\.go):(?<line>\d+)(?::(?<column>\d+))?: (?<text>.*)$/;

/** The compiler's output as one error: each line `file:line:column: text`, relative to the function's folder; `file` and `line` of the first in `details`. */
export function describeBuildErrors(output: string, build: Built, program: string): PlatformError {
  const lines = output
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('# '))
    .map((line) => (line.startsWith('\t') ? `  ${line.trim()}` : describeLine(relative(line, build), build, program)));
  const shown = [...new Set(lines)].slice(0, MAX_LINES);
  const rest = lines.length > MAX_LINES ? [`… and ${lines.length - MAX_LINES} lines more`] : [];
  const { file, line } = shown.map((text) => PLACE.exec(text)?.groups).find(Boolean) ?? {};
  const place = file === undefined ? { file: build.directory } : { file, line: Number(line) };
  return new PlatformError('CODE_INVALID', ['the Go function does not compile:', ...shown, ...rest].join('\n'), { details: place });
}

function relative(line: string, { directory }: Built): string {
  return line.replaceAll(`${directory}/`, '').replace(/^\.\//, '');
}

/** What is wrong in the generated program is wrong with a handler that it names. */
function describeLine(line: string, { handlers, folder }: Built, program: string): string {
  const { file = '', text = '' } = PLACE.exec(line)?.groups ?? {};
  if (!file.startsWith(`${program}/`) && !file.startsWith(folder)) return line;
  const named = handlers.find(({ exported }) => new RegExp(`\\bpackage\\d+\\.${exported}\\b`, 'u').test(text));
  if (!named) return text;
  const problem = text.startsWith('undefined: ')
    ? `the package in ${named.folder === '.' ? 'this folder' : named.folder} has no exported ${named.exported}`
    : text.replace(/\bpackage\d+\./, '');
  return `${named.file}: the handler ${named.name} cannot be compiled in: ${problem}`;
}
