import type { Command } from 'commander';
import { dirname } from 'node:path';
import { PlatformError } from '../protocol/errors.ts';
import type { Project } from './project.ts';

/** Options of every command that loads a stack. */
export interface StackOptions {
  readonly env: string;
  readonly config: readonly string[];
}

export function addStackOptions(command: Command): Command {
  return command
    .option('--env <name>', 'environment that the stack is told; its values are in fib.<env>.yaml', 'dev')
    .option('--config <key=value>', 'value that the stack gets in `config`; repeatable', (value: string, known: readonly string[]) => [...known, value], []);
}

/** What the stack gets as `config`: the values of its environment's file, and over them those of the command line. */
export interface StackConfig {
  readonly config: Readonly<Record<string, string>>;
  /** Absolute paths of the files that it comes from. */
  readonly files: readonly string[];
}

/**
 * @param note told what has no value here
 * @throws PlatformError USAGE; CONFIG_INVALID with file and key
 */
export async function readStackConfig(project: Pick<Project, 'stack' | 'root'>, options: StackOptions, note: (line: string) => void): Promise<StackConfig> {
  const given = parseConfigValues(options.config);
  const { foldersBetween, readEnvironment } = await import('../constructs/environment.ts');
  const { config, files, encrypted } = readEnvironment(foldersBetween(dirname(project.stack), project.root), options.env);
  const missing = encrypted.filter((key) => !Object.hasOwn(given, key));
  if (missing.length > 0) note(`only Pulumi can read what it encrypted: the stack gets no ${missing.join(', ')}`);
  return { config: { ...config, ...given }, files };
}

/** @throws PlatformError USAGE */
function parseConfigValues(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new PlatformError('USAGE', `--config ${pair} is not of the form key=value`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
