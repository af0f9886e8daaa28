import type { Command } from 'commander';
import { PlatformError } from '../protocol/errors.ts';

/** Options of every command that loads a stack. */
export interface StackOptions {
  readonly env: string;
  readonly config: readonly string[];
}

export function addStackOptions(command: Command): Command {
  return command
    .option('--env <name>', 'environment that the stack is told', 'dev')
    .option('--config <key=value>', 'value that the stack gets in `config`; repeatable', (value: string, known: readonly string[]) => [...known, value], []);
}

/** @throws PlatformError USAGE */
export function parseConfigValues(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new PlatformError('USAGE', `--config ${pair} is not of the form key=value`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
