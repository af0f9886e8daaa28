import { defineCommand } from '../command.ts';
import { addStackOptions, type StackOptions } from '../stack-options.ts';

interface Options extends StackOptions {
  readonly port?: string;
  readonly monitoring: boolean;
  readonly check?: boolean;
}

/** `fib dev [stack]`: the platform on this machine, with the stack in it. */
export const dev = defineCommand<Options>({
  declare: (program) =>
    addStackOptions(
      program.command('dev').description('Run a stack on this machine; what is saved is applied.').argument('[stack]', 'stack file (default: stack.ts)'),
    )
      .option('--port <port>', 'first of five ports in a row (default: 8080 to 8082, 9090, 9093)')
      .option('--no-monitoring', 'without Prometheus and Alertmanager: nothing scales by rules')
      .option('--check', 'call every function once cold and once warm, then end; exit code 0 only if all was right'),
  async run({ terminal, args: [stack], options, cwd, env }) {
    const [{ runDev }, { parsePorts }] = await Promise.all([import('../dev/dev.ts'), import('../dev/ports.ts')]);
    const ports = parsePorts(options.port);
    return runDev(
      { stack, cwd, env, ports, environment: options.env, config: options.config, monitoring: options.monitoring, check: options.check === true },
      terminal,
    );
  },
});
