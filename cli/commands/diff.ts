import { resolve } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import { addClusterOptions, type ClusterOptions } from '../cluster/cluster-options.ts';
import { type CommandContext, defineCommand } from '../command.ts';
import { addStackOptions, type StackOptions } from '../stack-options.ts';

interface Options extends StackOptions, ClusterOptions {
  readonly gatewayUrl?: string;
  readonly git?: string;
  readonly out?: string;
  readonly markdown?: boolean;
}

/** `fib diff [stack]`: what a deployment would change in a cluster, or what the stack changes of a tree in git. Exit code 0 none, 2 changes, 1 error. */
export const diff = defineCommand<Options>({
  declare: (program) =>
    addClusterOptions(
      addStackOptions(
        program.command('diff').description('Show what a deployment would change in a cluster, or in a tree in git; exit code 0 nothing, 2 changes, 1 error.'),
      ),
      'namespace of stacks that name none (default: default)',
    )
      .argument('[stack]', 'stack file (default: stack.ts)')
      .option('--gateway-url <url>', 'what `fn.url` begins with (default: the gateway’s Service)')
      .option('--git <ref>', 'compare with the tree that this branch, tag or commit has, instead of a cluster')
      .option('--out <folder>', 'with --git: where the tree lies, as `fib synth --out` (default: manifests)')
      .option('--markdown', 'print Markdown, for a comment on a pull request'),
  async run(context) {
    const { options } = context;
    if (options.markdown && context.terminal.json) throw new PlatformError('USAGE', '--markdown and --json are two forms of one answer: give one of them');
    return options.git === undefined ? diffCluster(context) : diffGit(context, options.git);
  },
});

async function diffCluster({ terminal, args: [stack], options, cwd, env }: CommandContext<Options>): Promise<number> {
  if (options.out !== undefined) throw new PlatformError('USAGE', '--out names a tree in git and goes with --git: leave it out, or add --git <ref>');
  const [{ loadApp }, { connectCluster }, { diffApp }] = await Promise.all([
    import('../cluster/load-app.ts'),
    import('../cluster/cluster.ts'),
    import('../cluster/diff.ts'),
  ]);
  const app = await loadApp(cwd, stack, options, terminal);
  const cluster = await connectCluster(options, env);
  try {
    return await diffApp(cluster, app, terminal, options.markdown === true);
  } finally {
    await cluster.close();
  }
}

async function diffGit({ terminal, args: [stack], options, cwd }: CommandContext<Options>, ref: string): Promise<number> {
  const { kubeconfig, context, namespace, out = 'manifests', markdown } = options;
  if (kubeconfig !== undefined || context !== undefined || namespace !== undefined)
    throw new PlatformError('USAGE', '--git compares with git, and --context, --namespace and --kubeconfig name a cluster: give one of them');
  const [{ loadProject }, { reportGitDiff }] = await Promise.all([import('../load-project.ts'), import('../diff/report-git-diff.ts')]);
  const result = await loadProject(cwd, stack, options, terminal);
  return reportGitDiff({ result, folder: resolve(cwd, out), ref, cwd, markdown: markdown === true }, terminal);
}
