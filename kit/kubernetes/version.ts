import { PlatformError } from '../../protocol/errors.ts';
import { type KubernetesClient, KubernetesError } from './client.ts';

/** `GET /version`, as far as it is read. Clouds write a minor version such as `27+`. */
export interface ClusterVersion {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
}

/** Oldest minor version of Kubernetes 1 that serves everything that is rendered. */
export const OLDEST_MINOR = 27;

/** @param context that tells which cluster it is @throws PlatformError CLUSTER_TOO_OLD; KubernetesError where the API server does not answer */
export async function requireVersion(client: Pick<KubernetesClient, 'request'>, context: string): Promise<void> {
  const version = await readVersion(client);
  if (version !== undefined && isTooOld(version))
    throw new PlatformError(
      'CLUSTER_TOO_OLD',
      `the cluster of context ${context} runs Kubernetes ${version.gitVersion}, and Fibonacci needs 1.${OLDEST_MINOR} or newer. Nothing was changed`,
      { details: { context, version: version.gitVersion } },
    );
}

/** What says nothing of its version is taken as new enough: the API server judges each object anyway. */
export function isTooOld({ major, minor }: ClusterVersion): boolean {
  const [one, two] = [Number.parseInt(major, 10), Number.parseInt(minor, 10)];
  return one < 1 || (one === 1 && two < OLDEST_MINOR);
}

/** Undefined for who may not ask. */
async function readVersion(client: Pick<KubernetesClient, 'request'>): Promise<ClusterVersion | undefined> {
  try {
    return await client.request<ClusterVersion>('GET', '/version');
  } catch (error) {
    if (error instanceof KubernetesError && (error.status === 403 || error.status === 404)) return undefined;
    throw error;
  }
}
