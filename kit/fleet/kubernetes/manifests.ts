import type { PlacedPodSpec } from '../../../protocol/pod-placement.ts';

/** What we write of `apps/v1` Deployments (Kubernetes API reference); nothing else is ever set. */
export interface Deployment {
  readonly apiVersion: 'apps/v1';
  readonly kind: 'Deployment';
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly OwnerReference[];
  };
  readonly spec: DeploymentSpec;
}

export interface DeploymentSpec {
  /** Absent where it is shown without a scaler. */
  readonly replicas?: number;
  readonly revisionHistoryLimit: number;
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly strategy: {
    readonly type: 'RollingUpdate';
    readonly rollingUpdate: { readonly maxUnavailable: number | string; readonly maxSurge: number | string };
  };
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>>; readonly annotations: Readonly<Record<string, string>> };
    readonly spec: PodSpec;
  };
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: boolean;
}

interface PodSpec extends PlacedPodSpec {
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: false;
  readonly enableServiceLinks: false;
  readonly shareProcessNamespace: true;
  readonly terminationGracePeriodSeconds: number;
  readonly imagePullSecrets?: readonly { readonly name: string }[];
  readonly securityContext: object;
  readonly topologySpreadConstraints: readonly object[];
  readonly containers: readonly [Container];
  readonly volumes: readonly object[];
}

export interface Container {
  /** In place of the image's entrypoint. */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy: string;
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: { readonly requests: Readonly<Record<string, string>>; readonly limits: Readonly<Record<string, string>> };
  readonly readinessProbe: object;
  readonly startupProbe: object;
  readonly livenessProbe: object;
  readonly securityContext: object;
  readonly volumeMounts: readonly object[];
}
