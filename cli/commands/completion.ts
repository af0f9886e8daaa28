import { closest } from 'fastest-levenshtein';
import { PlatformError } from '../../protocol/errors.ts';
import { defineCommand } from '../command.ts';
import { renderCompletion, SHELLS, type Shell, type Words } from '../completion-script.ts';

/** `fib completion <shell>`: a script for the shell's start file. */
export const completion = defineCommand({
  declare: (program) => program.command('completion').description('Print a completion script: bash, zsh or fish.').argument('<shell>', SHELLS.join(', ')),
  async run({ terminal, args: [shell = ''], env, cwd }) {
    if (!SHELLS.includes(shell as Shell))
      throw new PlatformError('USAGE', `"${shell}" is no shell that fib knows (${SHELLS.join(', ')}): did you mean ${closest(shell, [...SHELLS])}?`);
    const { createProgram } = await import('../program.ts');
    const program = createProgram({ stdout: process.stdout, stderr: process.stderr, env, cwd }, () => undefined);
    const words: Words[] = program.commands.map((command) => ({
      command: command.name(),
      description: command.description(),
      options: command.options.map(({ long, description }) => ({ name: long ?? '', description })),
    }));
    const script = renderCompletion(shell as Shell, words);
    terminal.result({ shell, script }, () => script.trimEnd());
    return 0;
  },
});
