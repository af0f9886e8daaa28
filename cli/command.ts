import type { Command } from 'commander';
import type { Terminal } from './terminal.ts';

/** What a command gets. */
export interface CommandContext<Options = object> {
  readonly terminal: Terminal;
  readonly args: readonly (string | undefined)[];
  readonly options: Options;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** One command of `fib`. What it declares is cheap to load; what it does imports the rest. */
export interface CliCommand<Options = object> {
  /** Adds the command with its arguments and options. */
  declare(program: Command): Command;
  /** Resolves to the exit code. @throws PlatformError */
  run(context: CommandContext<Options>): Promise<number>;
}

export function defineCommand<Options>(command: CliCommand<Options>): CliCommand<never> {
  return command;
}
