import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PART_OF_LABEL, SCALER_ENDPOINTS, SCALER_NAME } from '../../protocol/cluster-names.ts';
import { backoffMs } from '../../kit/backoff.ts';
import { serverSideApply } from '../../kit/kubernetes/apply.ts';
import { type KubernetesClient, KubernetesError, resourcePath } from '../../kit/kubernetes/client.ts';

export interface LeaderAddress {
  readonly namespace: string;
  readonly podName: string;
  readonly podIp: string;
  readonly port: number;
}

const RETRY = { firstMs: 200, maxMs: 5000 };

/** Makes the scaler's Service, which selects no pod, lead to this one (Kubernetes, "Services without selectors"); tries until the API server answers. @throws KubernetesError where it refuses */
export async function announceLeader(client: KubernetesClient, { namespace, podName, podIp, port }: LeaderAddress): Promise<void> {
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      name: SCALER_ENDPOINTS,
      labels: { 'kubernetes.io/service-name': SCALER_NAME, 'endpointslice.kubernetes.io/managed-by': SCALER_NAME, [PART_OF_LABEL]: 'fibonacci' },
    },
    addressType: isIPv6(podIp) ? 'IPv6' : 'IPv4',
    ports: [{ name: 'http', port, protocol: 'TCP' }],
    endpoints: [{ addresses: [podIp], conditions: { ready: true }, targetRef: { kind: 'Pod', namespace, name: podName } }],
  };
  const path = resourcePath({ group: 'discovery.k8s.io', version: 'v1', plural: 'endpointslices', namespace, name: SCALER_ENDPOINTS });
  for (let failures = 1; ; failures++) {
    try {
      return void (await serverSideApply(client, path, slice, { fieldManager: SCALER_NAME }));
    } catch (error) {
      if (!(error instanceof KubernetesError) || (error.status >= 400 && error.status < 500)) throw error;
      await sleep(backoffMs(failures, RETRY));
    }
  }
}
