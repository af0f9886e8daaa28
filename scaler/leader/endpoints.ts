import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PART_OF_LABEL, SCALER_ENDPOINTS, SCALER_NAME } from '../../protocol/cluster-names.ts';
import { backoffMs } from '../../kit/backoff.ts';
import { serverSideApply } from '../../kit/kubernetes/apply.ts';
import { type KubernetesClient, KubernetesError, resourcePath } from '../../kit/kubernetes/client.ts';
import type { Log } from '../../kit/log.ts';

export interface LeaderPod {
  readonly namespace: string;
  readonly podName: string;
  readonly podIp: string;
}

/** The way to the leader. */
export interface LeaderEndpoints {
  /** Makes the scaler's Service, which selects no pod, lead to this one (Kubernetes, "Services without selectors"), and again from time to time, should somebody have removed it. Tries until the API server answers. @throws KubernetesError where it refuses */
  announce(port: number): Promise<void>;
  close(): void;
}

const AGAIN_MS = 30_000;
const RETRY = { firstMs: 200, maxMs: 5000 };

export function createLeaderEndpoints(client: KubernetesClient, pod: LeaderPod, log: Log): LeaderEndpoints {
  let timer: NodeJS.Timeout | undefined;
  return {
    async announce(port) {
      for (let failures = 1; ; failures++) {
        try {
          await write(client, pod, port);
          break;
        } catch (error) {
          if (!(error instanceof KubernetesError) || (error.status >= 400 && error.status < 500)) throw error;
          await sleep(backoffMs(failures, RETRY));
        }
      }
      timer ??= setInterval(
        () => void write(client, pod, port).catch((error: Error) => log.warn('the way to the leader could not be written again', { problem: error.message })),
        AGAIN_MS,
      );
    },
    close: () => clearInterval(timer),
  };
}

function write(client: KubernetesClient, { namespace, podName, podIp }: LeaderPod, port: number): Promise<unknown> {
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
  return serverSideApply(client, path, slice, { fieldManager: SCALER_NAME });
}
