import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { CliCommand } from './command.ts';
import { completion } from './commands/completion.ts';
import { deploy } from './commands/deploy.ts';
import { dev } from './commands/dev.ts';
import { diff } from './commands/diff.ts';
import { doctor } from './commands/doctor.ts';
import { explain } from './commands/explain.ts';
import { images } from './commands/images.ts';
import { init } from './commands/init.ts';
import { invoke } from './commands/invoke.ts';
import { logs } from './commands/logs.ts';
import { ps } from './commands/ps.ts';
import { remove } from './commands/remove.ts';
import { render } from './commands/render.ts';
import { rollback } from './commands/rollback.ts';
import { status } from './commands/status.ts';
import { synth } from './commands/synth.ts';
import { reportFailure } from './failure.ts';
import { packageFile } from './package-file.ts';
import { createTerminal, type Streams } from './terminal.ts';

export interface CliWorld extends Streams {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const COMMANDS: readonly CliCommand<never>[] = [
  init,
  dev,
  synth,
  render,
  diff,
  deploy,
  remove,
  invoke,
  logs,
  ps,
  status,
  rollback,
  images,
  doctor,
  explain,
  completion,
];

const EXIT_CODES_HELP = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no platform runs, 4 a program is missing. \`fib diff\`: 0 no changes, 2 changes, 1 failed.
Errors have codes; \`fib explain <code>\` says what to do.`;

/** Runs one command line; resolves to the exit code. Nothing is thrown. */
export async function runCli(argv: readonly string[], world: CliWorld): Promise<number> {
  let exitCode = 0;
  const program = createProgram(world, (code) => (exitCode = code));
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (error instanceof CommanderError && error.code === 'commander.help') return 2;
    const code = reportFailure(error, createTerminal(world, argv.includes('--json')), world.env['FIB_DEBUG'] === '1');
    // `fib diff` says with 2 that there are changes.
    return argv.find((arg) => !arg.startsWith('-')) === 'diff' ? 1 : code;
  }
}

/** The commands, each wired to what it does. */
export function createProgram(world: CliWorld, onExit: (code: number) => void): Command {
  const program = new Command('fib')
    .description('Functions as a service, as typed infrastructure code.')
    .version(packageVersion(), '-V, --version')
    .option('--json', 'print JSON')
    .addHelpText('after', EXIT_CODES_HELP)
    .exitOverride()
    .configureOutput({ writeOut: (text) => void world.stdout.write(text), writeErr: (text) => void world.stderr.write(text), outputError: () => undefined });
  for (const command of COMMANDS) {
    const declared = command.declare(program);
    declared.option('--json', 'print JSON');
    declared.action(async () => {
      const options = declared.optsWithGlobals<{ json?: boolean }>();
      const args = declared.processedArgs as (string | undefined)[];
      onExit(await command.run({ terminal: createTerminal(world, options.json === true), args, options: options as never, cwd: world.cwd, env: world.env }));
    });
  }
  return program;
}

function packageVersion(): string {
  return (JSON.parse(readFileSync(packageFile('package.json'), 'utf8')) as { version: string }).version;
}
