import type { KubernetesObject } from '../synth/object.ts';
import { metadata, partLabels } from './metadata.ts';
import type { PlatformPlan } from './platform-plan.ts';

/** A Deployment that never has fewer pods than wanted while it changes. */
export function rollingDeployment(plan: PlatformPlan, part: string, replicas: number, template: object): KubernetesObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(plan, part, plan.namespace),
    spec: {
      replicas,
      revisionHistoryLimit: 3,
      selector: { matchLabels: partLabels(part) },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      template,
    },
  };
}

/** One pod of a part at a time may be evicted, and those that are broken at any time. */
export function disruptionBudget(plan: PlatformPlan, part: string): KubernetesObject {
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: metadata(plan, part, plan.namespace),
    spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: { matchLabels: partLabels(part) } },
  };
}

/** A minute to start; then ready is asked each second, and alive with patience: a process that is merely busy is not killed. */
export function httpProbes(port: string, { health, ready }: { readonly health: string; readonly ready: string }): object {
  return {
    startupProbe: { httpGet: { path: health, port }, periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 60 },
    readinessProbe: { httpGet: { path: ready, port }, periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 3 },
    livenessProbe: { httpGet: { path: health, port }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  };
}
