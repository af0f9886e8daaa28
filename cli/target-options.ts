import type { Command } from 'commander';
import { addAdminOptions, type AdminOptions } from './admin-client.ts';
import type { Cluster } from './cluster/cluster.ts';
import { addClusterOptions, type ClusterOptions } from './cluster/cluster-options.ts';
import type { CommandContext } from './command.ts';
import { decideTarget } from './target.ts';

/** Options of commands that speak to a `fib dev` here or to a cluster. */
export interface TargetOptions extends AdminOptions, ClusterOptions {
  readonly cluster?: boolean;
}

export function addTargetOptions(command: Command): Command {
  return addClusterOptions(
    addAdminOptions(command).option('--cluster', 'in the cluster of the kubeconfig, also where `fib dev` runs here'),
    'namespace in the cluster (default: all)',
  );
}

/** The cluster that a command is for; undefined = a gateway. @throws PlatformError as `decideTarget`, KUBECONFIG_INVALID */
export async function connectTarget({ options, cwd, env, terminal }: CommandContext<TargetOptions>, looksOnly: boolean): Promise<Cluster | undefined> {
  const asked = options.cluster === true || options.context !== undefined || options.namespace !== undefined || options.kubeconfig !== undefined;
  const admin = options.admin !== undefined;
  const dev = !asked && !admin && (await runsDev(cwd));
  const context = asked || admin || dev ? undefined : (await (await import('./cluster/kubeconfig.ts')).findKubeconfig(options, env))?.context;
  const target = decideTarget({ admin, cluster: asked, dev, context, looksOnly });
  if (target.kind === 'gateway') return undefined;
  const { connectCluster } = await import('./cluster/cluster.ts');
  const cluster = await connectCluster(options, env);
  if (target.unasked) terminal.note(terminal.paint('dim', `no \`fib dev\` runs here: this is the cluster of context ${cluster.context}`));
  return cluster;
}

async function runsDev(cwd: string): Promise<boolean> {
  const [{ findDevFile }, { readDevFile }] = await Promise.all([import('./project.ts'), import('./dev/dev-file.ts')]);
  const file = findDevFile(cwd);
  return file !== undefined && (await readDevFile(file)) !== undefined;
}
