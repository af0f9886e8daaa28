import { addClusterOptions, type ClusterOptions } from '../cluster/cluster-options.ts';
import { defineCommand } from '../command.ts';

interface Options extends ClusterOptions {
  readonly force?: boolean;
}

/** `fib rollback <function> [revision]`: a Function back to what a Revision says. */
export const rollback = defineCommand<Options>({
  declare: (program) =>
    addClusterOptions(
      program.command('rollback').description('Set a function in a cluster back to an earlier revision, until its stack is deployed again.'),
      'namespace of the function (default: all)',
    )
      .argument('<function>', 'such as hello or default/hello')
      .argument('[revision]', 'name or generation (default: the newest that differs)')
      .option('--force', 'also where another field manager owns the function'),
  async run({ terminal, args: [name = '', revision], options, env }) {
    const [{ connectCluster }, { rollback: rollBack }] = await Promise.all([import('../cluster/cluster.ts'), import('../cluster/rollback.ts')]);
    const { namespace, force = false } = options;
    const cluster = await connectCluster(options, env);
    try {
      const report = await rollBack(cluster, { name, force, ...(revision !== undefined && { revision }), ...(namespace !== undefined && { namespace }) });
      terminal.result(report, () =>
        report.changed
          ? `${report.function} is what ${report.revision} says; the next \`fib deploy\` of its stack sets it to what the stack says`
          : `${report.function} is what ${report.revision} says already`,
      );
    } finally {
      await cluster.close();
    }
    return 0;
  },
});
