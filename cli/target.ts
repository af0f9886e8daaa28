import { PlatformError } from '../protocol/errors.ts';

/** What decides where `ps`, `logs` and `invoke` look. */
export interface TargetFacts {
  /** `--admin` was given. */
  readonly admin: boolean;
  /** `--cluster`, `--context`, `--namespace` or `--kubeconfig` was given. */
  readonly cluster: boolean;
  /** A `fib dev` of the folder, or of one above it, lives. */
  readonly dev: boolean;
  /** The kubeconfig's context; undefined where there is none. */
  readonly context: string | undefined;
  /** The command changes nothing wherever it goes. */
  readonly looksOnly: boolean;
}

export type Target =
  | { readonly kind: 'gateway' }
  /** `unasked`: the command line named none. */
  | { readonly kind: 'cluster'; readonly unasked: boolean };

/**
 * One rule: what the command line says; else the `fib dev` that runs here; else, to look only, the cluster of the kubeconfig, as kubectl would.
 * A call may do anything, so it goes into a cluster only when told to.
 * @throws PlatformError USAGE, NOT_RUNNING
 */
export function decideTarget({ admin, cluster, dev, context, looksOnly }: TargetFacts): Target {
  if (admin && cluster)
    throw new PlatformError('USAGE', '--admin names a gateway, and --cluster, --context, --namespace and --kubeconfig a cluster: give one of them');
  if (admin) return { kind: 'gateway' };
  if (cluster) return { kind: 'cluster', unasked: false };
  if (dev || context === undefined) return { kind: 'gateway' };
  if (looksOnly) return { kind: 'cluster', unasked: true };
  throw new PlatformError('NOT_RUNNING', `no \`fib dev\` runs here: start it, or add --cluster to call the function in the cluster of context ${context}`);
}
