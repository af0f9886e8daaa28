import { addClusterOptions, type ClusterOptions } from '../cluster/cluster-options.ts';
import { defineCommand } from '../command.ts';
import { addStackOptions, type StackOptions } from '../stack-options.ts';
import { renderTable } from '../table.ts';

interface Options extends StackOptions, ClusterOptions {
  readonly yes?: boolean;
  readonly forceConflicts?: boolean;
  readonly wait: boolean;
  readonly timeout: string;
  readonly gatewayUrl?: string;
}

/** `fib deploy [stack]`: a stack into a cluster, and what it no longer has out of it. */
export const deploy = defineCommand<Options>({
  declare: (program) =>
    addClusterOptions(
      addStackOptions(program.command('deploy').description('Bring a stack into a cluster: shows the changes, asks, applies, waits.')),
      'namespace of stacks that name none (default: default)',
    )
      .argument('[stack]', 'stack file (default: stack.ts)')
      .option('-y, --yes', 'agree to the changes beforehand')
      .option('--force-conflicts', 'take over fields that others set')
      .option('--no-wait', 'end once applied, ready or not')
      .option('--timeout <duration>', 'how long to wait until all is ready', '5m')
      .option('--gateway-url <url>', 'what `fn.url` begins with (default: the gateway’s Service)'),
  async run({ terminal, args: [stack], options, cwd, env }) {
    const [{ parseDurationOption }, { loadApp }, { connectCluster }, { deployApp }] = await Promise.all([
      import('../cluster/duration-option.ts'),
      import('../cluster/load-app.ts'),
      import('../cluster/cluster.ts'),
      import('../cluster/deploy.ts'),
    ]);
    const { yes = false, forceConflicts = false, wait } = options;
    const timeoutMs = parseDurationOption('--timeout', options.timeout);
    const app = await loadApp(cwd, stack, options, terminal);
    const cluster = await connectCluster(options, env);
    try {
      const report = await deployApp(cluster, app, { yes, forceConflicts, wait, timeoutMs }, terminal);
      terminal.result(report, () =>
        renderTable(report.urls.map(({ function: name, url, from }) => [name, url, from === 'cluster' ? '(inside of the cluster)' : ''])),
      );
    } finally {
      await cluster.close();
    }
    return 0;
  },
});
