import type { Duplex } from 'node:stream';
import { PlatformError } from '../../protocol/errors.ts';
import { toClusterError } from './cluster-failure.ts';
import { type Cluster, pathOf } from './cluster.ts';
import { PODS } from './picture.ts';
import { openPortForward, type PortForwardTarget } from './port-forward.ts';

/** A connection to a port of a pod. @throws PlatformError CLUSTER_FORBIDDEN, CLUSTER_UNREACHABLE */
export async function connectPod(cluster: Cluster, target: PortForwardTarget): Promise<Duplex> {
  try {
    return await openPortForward(cluster.credentials, target);
  } catch (error) {
    // A WebSocket that is refused does not say why; the same request without it does.
    const { namespace, pod: name } = target;
    const plain = await cluster.client.request('GET', pathOf(PODS, { namespace, name, subresource: 'portforward' })).catch((reason: unknown) => reason);
    const failure = toClusterError(plain, { verb: 'create', resource: 'pods/portforward', namespace, context: cluster.context });
    throw failure instanceof PlatformError ? failure : error;
  }
}
