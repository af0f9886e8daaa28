import type { Command } from 'commander';
import type { Delivery } from '../constructs/synth/delivery.ts';
import { PlatformError } from '../protocol/errors.ts';

/** Room for the tree and the shard within the 63 signs of a label. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,45}[a-z0-9])?$/;

/** Options of what brings a tree from git into a cluster. */
export interface DeliveryOptions {
  readonly argocd?: string;
  readonly flux?: string;
  readonly repoPath?: string;
  readonly revision?: string;
  readonly appName?: string;
}

export function addDeliveryOptions(command: Command): Command {
  return command
    .option('--argocd <repo-url>', 'also Argo CD Applications, which read the tree from this repository')
    .option('--flux <repo-url>', 'also a GitRepository and Kustomizations of Flux')
    .option('--repo-path <path>', 'with these: path of --out in that repository (default: as git says)')
    .option('--revision <ref>', 'with these: branch to follow (default: main)')
    .option('--app-name <name>', 'with these: what their names begin with (default: <stack>-<env>)');
}

/**
 * @param defaultName where `--app-name` says nothing
 * @param findPath where `--repo-path` says nothing
 * @throws PlatformError USAGE
 */
export async function parseDelivery(options: DeliveryOptions, defaultName: string, findPath: () => Promise<string>): Promise<Delivery | undefined> {
  const { argocd, flux, repoPath, revision = 'main', appName } = options;
  if (argocd !== undefined && flux !== undefined) throw new PlatformError('USAGE', 'a tree is brought by one program: give --argocd or --flux, not both');
  const repoUrl = argocd ?? flux;
  if (repoUrl === undefined) {
    if (repoPath === undefined && options.revision === undefined && appName === undefined) return undefined;
    throw new PlatformError('USAGE', '--repo-path, --revision and --app-name go with --argocd or --flux: add one of these, or leave them out');
  }
  if (!/^(?:https?|ssh|git|oci|file):\/\/\S+$|^[\w.-]+@[\w.-]+:\S+$/.test(repoUrl))
    throw new PlatformError('USAGE', `${JSON.stringify(repoUrl)} is no URL of a repository: write https://…, ssh://… or git@host:path`);
  if (/^https?:\/\/[^/@]*:[^/@]*@/.test(repoUrl))
    throw new PlatformError(
      'SECRET_IN_CLEAR',
      'the URL of the repository has a password, and the tree would show it: leave it out, and give the credentials to Argo CD or Flux',
    );
  const name = appName ?? defaultName.toLowerCase();
  if (!NAME.test(name))
    throw new PlatformError(
      'USAGE',
      `${JSON.stringify(name)} makes no name of an object: give lower-case letters, digits and "-", 47 at the most, with --app-name`,
    );
  const path = (repoPath ?? (await findPath())).replace(/^(?:\.?\/)+|\/+$/g, '').replace(/^\.$/, '');
  return { kind: argocd === undefined ? 'flux' : 'argocd', name, repoUrl, path, revision };
}
