import { closest } from 'fastest-levenshtein';
import { ERRORS, type ErrorCode, isErrorCode, PlatformError } from '../../protocol/errors.ts';
import { defineCommand } from '../command.ts';
import { renderTable } from '../table.ts';

/** `fib explain <code>`: the error table. */
export const explain = defineCommand({
  declare: (program) =>
    program.command('explain').description('Say what an error code means and what to do.').argument('[code]', 'such as NO_CAPACITY; none = list all'),
  async run({ terminal, args: [code] }) {
    if (code === undefined) {
      const codes = Object.keys(ERRORS) as ErrorCode[];
      terminal.result(codes.map(describe), () => renderTable(codes.map((known) => [terminal.paint('bold', known), ERRORS[known].meaning])));
      return 0;
    }
    const known = code.toUpperCase().replaceAll('-', '_');
    if (!isErrorCode(known)) {
      throw new PlatformError('USAGE', `"${code}" is no error code: did you mean ${closest(known, Object.keys(ERRORS))}? \`fib explain\` lists all`);
    }
    const { status, meaning, wayOut } = ERRORS[known];
    terminal.result(describe(known), () =>
      [`${terminal.paint('bold', known)}${status ? ` (HTTP ${status})` : ''}`, `  ${meaning}`, `  ${terminal.paint('green', '→')} ${wayOut}`].join('\n'),
    );
    return 0;
  },
});

function describe(code: ErrorCode) {
  return { code, ...ERRORS[code] };
}
