import { addClusterOptions, type ClusterOptions } from '../cluster/cluster-options.ts';
import { defineCommand } from '../command.ts';

/** `fib status`: how the platform and the functions in a cluster stand, and why something is not ready. Exit code 0 only if all is. */
export const status = defineCommand<ClusterOptions>({
  declare: (program) =>
    addClusterOptions(
      program.command('status').description('Show how the platform and the functions in a cluster stand, and why; exit code 0 only if all are ready.'),
      'namespace of functions (default: all)',
    ),
  async run({ terminal, options, env }) {
    const [{ connectCluster }, { readStatus, renderStatus }] = await Promise.all([import('../cluster/cluster.ts'), import('../cluster/status.ts')]);
    const cluster = await connectCluster(options, env);
    try {
      const found = await readStatus(cluster, options.namespace);
      terminal.result(found, () => renderStatus(found, terminal));
      return found.ok ? 0 : 1;
    } finally {
      await cluster.close();
    }
  },
});
