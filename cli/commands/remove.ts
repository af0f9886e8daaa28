import { LABELS } from '../../protocol/names.ts';
import { addClusterOptions, type ClusterOptions } from '../cluster/cluster-options.ts';
import { defineCommand } from '../command.ts';
import { addStackOptions, type StackOptions } from '../stack-options.ts';

interface Options extends StackOptions, ClusterOptions {
  readonly yes?: boolean;
  readonly purge?: boolean;
  readonly wait: boolean;
  readonly timeout: string;
  readonly name?: string;
}

/** `fib remove [stack]`: what bears a stack's label out of a cluster. */
export const remove = defineCommand<Options>({
  declare: (program) =>
    addClusterOptions(
      addStackOptions(program.command('remove').description('Delete from a cluster what bears a stack’s label; shows it and asks first.')),
      'namespace of stacks that name none; with --name: of the stack',
    )
      .argument('[stack]', 'stack file (default: stack.ts)')
      .option('--name <stack>', 'the stack of this name, without a file')
      .option('-y, --yes', 'agree beforehand')
      .option('--purge', 'also namespaces, CRDs and volume claims, with everything in them')
      .option('--no-wait', 'do not wait until all is gone')
      .option('--timeout <duration>', 'how long to wait', '2m'),
  async run({ terminal, args: [stack], options, cwd, env }) {
    const [{ parseDurationOption }, { loadApp }, { connectCluster }, { removeScopes }, { scopesOf }] = await Promise.all([
      import('../cluster/duration-option.ts'),
      import('../cluster/load-app.ts'),
      import('../cluster/cluster.ts'),
      import('../cluster/remove.ts'),
      import('../cluster/scope.ts'),
    ]);
    const { name, namespace = 'default', yes = false, purge = false, wait } = options;
    const timeoutMs = parseDurationOption('--timeout', options.timeout);
    const app =
      name === undefined
        ? await loadApp(cwd, stack, options, terminal)
        : { scopes: scopesOf([], [{ label: LABELS.stack, id: name, home: namespace }]), objects: [] };
    const cluster = await connectCluster(options, env);
    try {
      const report = await removeScopes(cluster, app, { yes, purge, wait, timeoutMs }, terminal);
      terminal.result(report, () => `${report.deleted.length} objects deleted${report.kept.length > 0 ? `, ${report.kept.length} kept` : ''}`);
    } finally {
      await cluster.close();
    }
    return 0;
  },
});
