import type { Container } from './manifests.ts';

/** The longest that a request waits for an instance: what starts for that long is not taken for dead. */
const LONGEST_START_SECONDS = 300;

/**
 * When a pod is taken for ready, and for dead. A start is seen within a second; were pods asked as often ever after, a node full of them would have more to do with probes than with requests.
 * @param ready what answers once requests are served, as in a probe of Kubernetes
 * @param alive what answers as long as the process does
 */
export function renderProbes(ready: object, alive: object): Pick<Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> {
  return {
    startupProbe: { ...ready, periodSeconds: 1, timeoutSeconds: 2, failureThreshold: LONGEST_START_SECONDS },
    readinessProbe: { ...ready, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 3 },
    livenessProbe: { ...alive, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  };
}
