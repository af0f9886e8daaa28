import { SYSTEM_NAMESPACE } from '../../protocol/cluster-names.ts';
import { parseDuration } from '../../protocol/duration.ts';
import { NODE_LABELS } from '../../protocol/names.ts';
import type { Placement } from '../../protocol/schema/placement.ts';
import { type ArtifactSettings, artifactSettings } from './artifacts-settings.ts';
import { checkPlatformProps, type PlainProcess, type PlainServer } from './check-props.ts';
import type { FunctionEgress, PlatformDashboards, PlatformExposure, PlatformImages, PlatformProps, PrometheusOperator } from './platform-props.ts';

/** Platform's props, checked, with every default. Its namespaces of functions come with the whole app. */
export interface PlatformSettings {
  /** The construct's id: the name of its stack. */
  readonly stack: string;
  readonly namespace: string;
  /** Absent: those of the app. */
  readonly functionNamespaces: readonly NamespaceSetting[] | undefined;
  readonly images: PlatformImages & { readonly pullPolicy: string; readonly pullSecrets: readonly string[] };
  readonly gateway: ProcessSettings & { readonly drainSeconds: number; readonly clients: readonly string[] | undefined };
  readonly scaler: ProcessSettings;
  readonly functions: {
    readonly cpuRequest?: string;
    readonly cpuLimit?: string;
    readonly scratch?: string;
    readonly rackLabel?: string;
    readonly egress: readonly FunctionEgress[];
  };
  readonly artifacts: ArtifactSettings | undefined;
  readonly monitoring: MonitoringSettings;
  readonly dashboards: Required<PlatformDashboards> | undefined;
  readonly exposure: PlatformExposure;
  /** Of the platform's own pods. */
  readonly placement: Placement & { readonly rackLabel: string };
  readonly cluster: ClusterSettings;
  readonly logLevel: string;
}

export interface NamespaceSetting {
  readonly name: string;
  readonly create: boolean;
}

export interface ProcessSettings {
  readonly replicas: number;
  readonly resources: ResourceSettings;
}

export interface ResourceSettings {
  readonly cpuRequest: string;
  readonly cpuLimit: string;
  readonly memory: string;
}

export interface ServerSettings {
  readonly image: string;
  readonly resources: ResourceSettings;
  readonly storage?: string;
  readonly storageClass?: string;
}

export type MonitoringSettings =
  | { readonly kind: 'bundled'; readonly prometheus: ServerSettings; readonly alertmanager: ServerSettings }
  | ({ readonly kind: 'operator' } & PrometheusOperator);

export interface ClusterSettings {
  readonly apiServerCidrs: readonly string[];
  readonly apiServerPorts: readonly number[];
  readonly dns: {
    readonly namespace: string;
    readonly podLabels: Readonly<Record<string, string>>;
    readonly ports: readonly number[];
    readonly cidrs: readonly string[];
  };
}

/** @throws PlatformError SPEC_INVALID with every issue */
export function resolveSettings(id: string, props: PlatformProps): PlatformSettings {
  const { namespace, functionNamespaces, images, gateway, scaler, functions, artifacts, monitoring, exposure, placement, cluster, logLevel } =
    checkPlatformProps(id, props);
  return {
    stack: id,
    namespace: namespace ?? SYSTEM_NAMESPACE,
    functionNamespaces: functionNamespaces?.map(({ name, create }) => ({ name, create: (create ?? true) && name !== 'default' })),
    images: { ...images, pullPolicy: images?.pullPolicy ?? 'IfNotPresent', pullSecrets: images?.pullSecrets ?? [] },
    gateway: {
      ...processSettings(gateway, GATEWAY_RESOURCES),
      drainSeconds: Math.ceil(parseDuration(gateway?.drainTimeout ?? '20m') / 1000),
      clients: gateway?.clients,
    },
    scaler: processSettings(scaler, SCALER_RESOURCES),
    functions: { ...functions, egress: functions?.egress ?? [] },
    artifacts: artifacts && artifactSettings(artifacts),
    monitoring: monitoring?.operator
      ? { kind: 'operator', ...monitoring.operator }
      : {
          kind: 'bundled',
          prometheus: serverSettings(monitoring?.prometheus, 'prom/prometheus:v3.5.0', PROMETHEUS_RESOURCES),
          alertmanager: serverSettings(monitoring?.alertmanager, 'prom/alertmanager:v0.28.1', ALERTMANAGER_RESOURCES),
        },
    dashboards: monitoring?.dashboards && {
      namespace: namespace ?? SYSTEM_NAMESPACE,
      labels: { grafana_dashboard: '1' },
      annotations: {},
      ...monitoring.dashboards,
    },
    exposure: exposure ?? {},
    placement: { ...placement, rackLabel: functions?.rackLabel ?? NODE_LABELS.rack },
    cluster: {
      apiServerCidrs: cluster?.apiServerCidrs ?? ['0.0.0.0/0', '::/0'],
      apiServerPorts: cluster?.apiServerPorts ?? [443, 6443],
      dns: {
        namespace: cluster?.dns?.namespace ?? 'kube-system',
        podLabels: cluster?.dns?.podLabels ?? { 'k8s-app': 'kube-dns' },
        ports: cluster?.dns?.ports ?? [53],
        cidrs: cluster?.dns?.cidrs ?? [NODE_LOCAL_DNS],
      },
    },
    logLevel: logLevel ?? 'info',
  };
}

/** Where NodeLocal DNSCache answers; on clusters without it, nothing does. */
const NODE_LOCAL_DNS = '169.254.20.10/32';

const GATEWAY_RESOURCES: ResourceSettings = { cpuRequest: '250m', cpuLimit: '2', memory: '512Mi' };
const SCALER_RESOURCES: ResourceSettings = { cpuRequest: '100m', cpuLimit: '1', memory: '512Mi' };
const PROMETHEUS_RESOURCES: ResourceSettings = { cpuRequest: '100m', cpuLimit: '1', memory: '512Mi' };
const ALERTMANAGER_RESOURCES: ResourceSettings = { cpuRequest: '20m', cpuLimit: '200m', memory: '128Mi' };

function processSettings(props: Pick<PlainProcess, 'replicas' | 'resources'> | undefined, resources: ResourceSettings): ProcessSettings {
  return { replicas: props?.replicas ?? 2, resources: { ...resources, ...props?.resources } };
}

function serverSettings(props: PlainServer | undefined, image: string, resources: ResourceSettings): ServerSettings {
  return { image, ...props, resources: { ...resources, ...props?.resources } };
}
