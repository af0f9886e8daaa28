import { IMAGE_USER } from '../../protocol/images.ts';
import { renderPlacement, renderSpread } from '../../protocol/pod-placement.ts';
import { PART_OF_LABEL } from '../../protocol/cluster-names.ts';
import { partLabels } from './metadata.ts';
import type { PlatformSettings, ResourceSettings } from './settings.ts';

/** Pods of the platform's own parts, all alike: they keep to the restricted Pod Security Standard (Kubernetes, "Pod Security Standards"). */

export interface PodOptions {
  /** The part, which is also its ServiceAccount. */
  readonly part: string;
  /** User and group; by default that of our own images. */
  readonly user?: number;
  /** Whether it talks to the API server. */
  readonly apiToken: boolean;
  readonly pullSecrets: readonly string[];
  readonly placement: PlatformSettings['placement'];
  /** Longest time between SIGTERM and SIGKILL. */
  readonly graceSeconds: number;
  readonly containers: readonly object[];
  readonly volumes: readonly object[];
  /** Digests of what it mounts: another configuration makes other pods. */
  readonly annotations?: Readonly<Record<string, string>>;
}

export function podTemplate(options: PodOptions): { readonly metadata: object; readonly spec: object } {
  const { part, user = IMAGE_USER, pullSecrets, annotations, placement } = options;
  const { rackLabel, ...where } = placement;
  return {
    metadata: { labels: { ...partLabels(part), [PART_OF_LABEL]: 'fibonacci' }, ...(annotations && { annotations }) },
    spec: {
      serviceAccountName: part,
      automountServiceAccountToken: options.apiToken,
      enableServiceLinks: false,
      // Process 1 is not ended by a signal that it has no handler for yet, such as SIGTERM while it starts.
      shareProcessNamespace: true,
      terminationGracePeriodSeconds: options.graceSeconds,
      ...(pullSecrets.length > 0 && { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
      securityContext: { runAsNonRoot: true, runAsUser: user, runAsGroup: user, fsGroup: user, seccompProfile: { type: 'RuntimeDefault' } },
      ...renderPlacement(where, rackLabel),
      // Pods of the old template do not count while a new one rolls out.
      topologySpreadConstraints: renderSpread(where, rackLabel, partLabels(part)).map((one) => ({ ...one, matchLabelKeys: ['pod-template-hash'] })),
      containers: options.containers,
      ...(options.volumes.length > 0 && { volumes: options.volumes }),
    },
  };
}

/** What every container has. */
export function containerBasics(resources: ResourceSettings): { readonly resources: object; readonly securityContext: object } {
  const { cpuRequest, cpuLimit, memory } = resources;
  return {
    resources: { requests: { cpu: cpuRequest, memory }, limits: { cpu: cpuLimit, memory } },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  };
}

/** Environment variables with values, and with fields of the pod (`metadata.name`). */
export function environment(values: Readonly<Record<string, string>>, fields: Readonly<Record<string, string>> = {}): object[] {
  return [
    ...Object.entries(values).map(([name, value]) => ({ name, value })),
    ...Object.entries(fields).map(([name, fieldPath]) => ({ name, valueFrom: { fieldRef: { fieldPath } } })),
  ];
}

/** A Secret's file for the pod's group alone. */
export function secretVolume(name: string, secretName: string): object {
  return { name, secret: { secretName, defaultMode: 0o440 } };
}
