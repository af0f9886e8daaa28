import { ALERTMANAGER_NAME, ARTIFACTS_NAME, GATEWAY_NAME, PLATFORM_PORTS, PROMETHEUS_NAME, SCALER_NAME } from '../../protocol/cluster-names.ts';
import { LABELS, MANAGED_BY, POD_PORTS } from '../../protocol/names.ts';
import type { KubernetesObject } from '../synth/object.ts';
import type { ArtifactSettings } from './artifacts-settings.ts';
import { metadata, partLabels } from './metadata.ts';
import type { PlatformPlan } from './platform-plan.ts';
import type { FunctionEgress } from './platform-props.ts';

/** Who may connect to whom: nobody, but for the flows that the platform has. A connection needs a rule on both ends. */

interface Port {
  readonly protocol: 'TCP' | 'UDP';
  /** Absent: every one. */
  readonly port?: number;
}
type Peer = Readonly<Record<string, object>>;
interface Flow {
  /** Absent: everyone, everywhere. */
  readonly peers?: readonly Peer[];
  /** Absent: all. */
  readonly ports?: readonly Port[];
}
const EVERY_TCP: readonly Port[] = [{ protocol: 'TCP' }];

interface Flows {
  readonly ingress: readonly Flow[];
  readonly egress: readonly Flow[];
}

export function networkPolicies(plan: PlatformPlan): KubernetesObject[] {
  const monitoring = plan.monitoring.kind === 'bundled' ? { [PROMETHEUS_NAME]: prometheusFlows(plan), [ALERTMANAGER_NAME]: alertmanagerFlows(plan) } : {};
  const artifacts = plan.artifacts ? { [ARTIFACTS_NAME]: artifactsFlows(plan, plan.artifacts) } : {};
  const parts: Readonly<Record<string, Flows>> = { [GATEWAY_NAME]: gatewayFlows(plan), [SCALER_NAME]: scalerFlows(plan), ...artifacts, ...monitoring };
  return [
    policy(plan, 'fibonacci-default-deny', plan.namespace, {}, { ingress: [], egress: [] }),
    ...Object.entries(parts).map(([part, flows]) => policy(plan, part, plan.namespace, { matchLabels: partLabels(part) }, flows)),
    ...plan.functionNamespaces.map(({ name }) => policy(plan, 'fibonacci-functions', name, functionPods(), functionFlows(plan))),
    ...plan.functionNamespaces.map(({ name }) => policy(plan, 'fibonacci-containers', name, containerPods(), containerFlows(plan))),
  ];
}

function gatewayFlows(plan: PlatformPlan): Flows {
  const { gateway, exposure } = plan;
  const exposed = Object.keys(exposure).length > 0;
  const clients = gateway.clients ? [...new Set([...plan.functionNamespaces.map(({ name }) => name), ...gateway.clients])] : undefined;
  return {
    ingress: [
      { peers: [clients ? inNamespaces(clients) : { namespaceSelector: {} }], ports: tcp(PLATFORM_PORTS.gateway) },
      // A proxy or load balancer outside of the cluster's pods has addresses that nobody knows here.
      { ...(!exposed && { peers: [{ namespaceSelector: {} }] }), ports: tcp(PLATFORM_PORTS.gatewayPublic) },
      { peers: [part(SCALER_NAME), ...scrapers(plan)], ports: tcp(PLATFORM_PORTS.gatewayAdmin) },
    ],
    egress: [
      { peers: [functionsEverywhere(plan)], ports: tcp(POD_PORTS.data) },
      { peers: [functionsEverywhere(plan, containerPods())], ports: EVERY_TCP },
      { peers: [part(SCALER_NAME)], ports: tcp(PLATFORM_PORTS.scaler) },
      dns(plan),
      apiServer(plan),
    ],
  };
}

function scalerFlows(plan: PlatformPlan): Flows {
  const { monitoring } = plan;
  const servers: Flow[] =
    monitoring.kind === 'operator'
      ? [{ peers: [inNamespaces([monitoring.namespace])] }]
      : [
          { peers: [part(PROMETHEUS_NAME)], ports: tcp(PLATFORM_PORTS.prometheus) },
          { peers: [part(ALERTMANAGER_NAME)], ports: tcp(PLATFORM_PORTS.alertmanager) },
        ];
  const alerting = monitoring.kind === 'bundled' ? [part(ALERTMANAGER_NAME)] : [];
  return {
    ingress: [{ peers: [part(GATEWAY_NAME), ...scrapers(plan), ...alerting], ports: tcp(PLATFORM_PORTS.scaler) }],
    egress: [
      { peers: [functionsEverywhere(plan)], ports: tcp(POD_PORTS.control) },
      { peers: [functionsEverywhere(plan, containerPods())], ports: EVERY_TCP },
      { peers: [part(GATEWAY_NAME)], ports: tcp(PLATFORM_PORTS.gatewayAdmin) },
      ...(plan.artifacts ? [{ peers: [part(ARTIFACTS_NAME)], ports: tcp(PLATFORM_PORTS.artifacts) }] : []),
      ...servers,
      dns(plan),
      apiServer(plan),
    ],
  };
}

/** What is deployed comes by a port-forward, which no policy sees. */
function artifactsFlows(plan: PlatformPlan, { s3 }: ArtifactSettings): Flows {
  return {
    ingress: [{ peers: [part(SCALER_NAME)], ports: tcp(PLATFORM_PORTS.artifacts) }],
    egress: s3 ? [...s3.egress.map(toEgress), dns(plan)] : [],
  };
}

function prometheusFlows(plan: PlatformPlan): Flows {
  const { namespace, dashboards } = plan;
  const grafana = dashboards && dashboards.namespace !== namespace ? [inNamespaces([dashboards.namespace])] : [];
  return {
    ingress: [{ peers: [part(SCALER_NAME), ...grafana], ports: tcp(PLATFORM_PORTS.prometheus) }],
    egress: [
      { peers: [part(GATEWAY_NAME)], ports: tcp(PLATFORM_PORTS.gatewayAdmin) },
      { peers: [part(SCALER_NAME)], ports: tcp(PLATFORM_PORTS.scaler) },
      { peers: [part(ALERTMANAGER_NAME)], ports: tcp(PLATFORM_PORTS.alertmanager) },
      { peers: [functionsEverywhere(plan)], ports: tcp(POD_PORTS.control) },
      dns(plan),
    ],
  };
}

function alertmanagerFlows(plan: PlatformPlan): Flows {
  return {
    ingress: [{ peers: [part(PROMETHEUS_NAME), part(SCALER_NAME)], ports: tcp(PLATFORM_PORTS.alertmanager) }],
    egress: [{ peers: [part(SCALER_NAME)], ports: tcp(PLATFORM_PORTS.scaler) }, dns(plan)],
  };
}

/** Functions call each other through the gateway. */
function functionFlows(plan: PlatformPlan): Flows {
  return {
    ingress: [
      { peers: [partIn(plan, GATEWAY_NAME)], ports: tcp(POD_PORTS.data) },
      { peers: [partIn(plan, SCALER_NAME), ...scrapers(plan, true)], ports: tcp(POD_PORTS.control) },
    ],
    egress: [{ peers: [partIn(plan, GATEWAY_NAME)], ports: tcp(PLATFORM_PORTS.gateway) }, dns(plan), ...plan.functions.egress.map(toEgress)],
  };
}

/** On whatever port a function’s own container listens, for requests, and to see whether it still does; the rest is as for all functions. */
function containerFlows(plan: PlatformPlan): Flows {
  return { ingress: [{ peers: [partIn(plan, GATEWAY_NAME), partIn(plan, SCALER_NAME)], ports: EVERY_TCP }], egress: [] };
}

function toEgress({ cidr, except, namespace = '', podLabels, ports }: FunctionEgress): Flow {
  const peer: Peer =
    cidr === undefined
      ? { ...inNamespaces([namespace]), ...(podLabels && { podSelector: { matchLabels: podLabels } }) }
      : { ipBlock: { cidr, ...(except && { except }) } };
  return { peers: [peer], ...(ports && { ports: tcp(...ports) }) };
}

/** Who reads metrics. */
function scrapers(plan: PlatformPlan, fromElsewhere = false): Peer[] {
  if (plan.monitoring.kind === 'operator') return [inNamespaces([plan.monitoring.namespace])];
  return [fromElsewhere ? partIn(plan, PROMETHEUS_NAME) : part(PROMETHEUS_NAME)];
}

function dns({ cluster }: PlatformPlan): Flow {
  const { namespace, podLabels, cidrs, ports } = cluster.dns;
  const pods = { ...inNamespaces([namespace]), podSelector: { matchLabels: podLabels } };
  return { peers: [pods, ...cidrs.map(addresses)], ports: ports.flatMap((port) => [{ protocol: 'UDP', port }, ...tcp(port)]) };
}

function apiServer({ cluster }: PlatformPlan): Flow {
  return { peers: cluster.apiServerCidrs.map(addresses), ports: tcp(...cluster.apiServerPorts) };
}

function addresses(cidr: string): Peer {
  return { ipBlock: { cidr } };
}

function part(name: string): Peer {
  return { podSelector: { matchLabels: partLabels(name) } };
}

/** A part, seen from another namespace. */
function partIn({ namespace }: PlatformPlan, name: string): Peer {
  return { ...inNamespaces([namespace]), ...part(name) };
}

function functionsEverywhere({ functionNamespaces }: PlatformPlan, podSelector = functionPods()): Peer {
  return { ...inNamespaces(functionNamespaces.map(({ name }) => name)), podSelector };
}

function functionPods(): object {
  return { matchLabels: { [LABELS.managedBy]: MANAGED_BY } };
}

function containerPods(): object {
  return { matchLabels: { [LABELS.managedBy]: MANAGED_BY, [LABELS.runtime]: 'container' } };
}

function inNamespaces(names: readonly string[]): Peer {
  const key = 'kubernetes.io/metadata.name';
  const [name, ...more] = names;
  return { namespaceSelector: more.length === 0 ? { matchLabels: { [key]: name } } : { matchExpressions: [{ key, operator: 'In', values: names }] } };
}

function tcp(...ports: readonly number[]): Port[] {
  return ports.map((port) => ({ protocol: 'TCP', port }));
}

function policy(plan: PlatformPlan, name: string, namespace: string, podSelector: object, { ingress, egress }: Flows): KubernetesObject {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(plan, name, namespace),
    spec: {
      podSelector,
      policyTypes: ['Ingress', 'Egress'],
      // The API server drops empty lists; sent again and again they would be a change each time.
      ...(ingress.length > 0 && { ingress: ingress.map(({ peers, ports }) => ({ ...(peers && { from: peers }), ...(ports && { ports }) })) }),
      ...(egress.length > 0 && { egress: egress.map(({ peers, ports }) => ({ ...(peers && { to: peers }), ...(ports && { ports }) })) }),
    },
  };
}
