import * as pulumi from '@pulumi/pulumi';
import type { KubernetesObject } from '../constructs/synth/object.ts';
import { type KubernetesClient, KubernetesError } from '../kit/kubernetes/client.ts';
import { listPages } from '../kit/kubernetes/list.ts';
import { API_VERSION, LABELS } from '../protocol/names.ts';
import { withClient } from './cluster-client.ts';
import { knownCluster } from './known-cluster.ts';
import type { KubernetesProviderArgs } from './kubernetes-provider.ts';

/**
 * What keeps `pulumi destroy` from taking a platform away, and with its CRDs every Function, while the cluster has Functions of others. It needs `--run-program`; without that option Pulumi destroys nothing.
 * @example new FibonacciPlatform('fibonacci', { guard: destroyGuard('fibonacci', () => false, cluster) }, { provider: new KubernetesProvider('cluster', cluster) });
 * @param isOwn whether a Function goes with the platform, by its id: `Function/shop/greet`
 * @param cluster the one of the platform's provider
 */
export function destroyGuard(name: string, isOwn: (id: string) => boolean, cluster: KubernetesProviderArgs): pulumi.ResourceHook {
  return new pulumi.ResourceHook(`${name}: Functions of others`, async ({ type }) => {
    const problem = foreignProblem(await withClient(await knownCluster(cluster), listFunctions), isOwn, type);
    if (problem !== undefined) throw new Error(problem);
  });
}

/**
 * Why the platform must stay; undefined where nobody else needs it. Pure.
 * @param type of the resource that is to be deleted
 */
export function foreignProblem(functions: readonly KubernetesObject[], isOwn: (id: string) => boolean, type: string): string | undefined {
  const foreign = functions.filter(({ metadata }) => !isOwn(`Function/${metadata.namespace}/${metadata.name}`));
  if (foreign.length === 0) return undefined;
  const shown = foreign.slice(0, 5).map(({ metadata }) => `${metadata.namespace}/${metadata.name} (stack ${metadata.labels?.[LABELS.stack] ?? 'unknown'})`);
  const more = foreign.length > shown.length ? ` and ${foreign.length - shown.length} more` : '';
  return `the cluster has Functions of others, which would go with the platform: ${shown.join(', ')}${more}; remove those first. ${kept(type)}`;
}

/** The CRDs are asked about last, where more than those was there. */
function kept(type: string): string {
  return type.endsWith(':CustomResourceDefinition') ? 'Their CRDs stay' : 'Nothing of the platform was deleted';
}

async function listFunctions(client: KubernetesClient): Promise<KubernetesObject[]> {
  try {
    const found: KubernetesObject[] = [];
    await listPages(client, `/apis/${API_VERSION}/functions`, {}, (item) => found.push(item as KubernetesObject));
    return found;
  } catch (error) {
    // No CRD, no Functions.
    if (error instanceof KubernetesError && error.status === 404) return [];
    throw error;
  }
}
