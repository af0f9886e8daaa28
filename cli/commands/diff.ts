import { addClusterOptions, type ClusterOptions } from '../cluster/cluster-options.ts';
import { defineCommand } from '../command.ts';
import { addStackOptions, type StackOptions } from '../stack-options.ts';

interface Options extends StackOptions, ClusterOptions {
  readonly gatewayUrl?: string;
}

/** `fib diff [stack]`: what a deployment would change. Exit code 0 none, 2 changes, 1 error. */
export const diff = defineCommand<Options>({
  declare: (program) =>
    addClusterOptions(
      addStackOptions(program.command('diff').description('Show what a deployment would change in a cluster; exit code 0 nothing, 2 changes, 1 error.')),
      'namespace of stacks that name none (default: default)',
    )
      .argument('[stack]', 'stack file (default: stack.ts)')
      .option('--gateway-url <url>', 'what `fn.url` begins with (default: the gateway’s Service)'),
  async run({ terminal, args: [stack], options, cwd, env }) {
    const [{ loadApp }, { connectCluster }, { diffApp }] = await Promise.all([
      import('../cluster/load-app.ts'),
      import('../cluster/cluster.ts'),
      import('../cluster/diff.ts'),
    ]);
    const app = await loadApp(cwd, stack, options);
    const cluster = await connectCluster(options, env);
    try {
      return await diffApp(cluster, app, terminal);
    } finally {
      await cluster.close();
    }
  },
});
