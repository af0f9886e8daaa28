import { GATEWAY_NAME, GATEWAY_PODS_SERVICE, INTERNAL_SECRET, NAME_LABEL, PLATFORM_PORTS, RULES_CONFIG, SCALER_NAME } from '../../protocol/cluster-names.ts';
import { JOBS } from '../../protocol/monitoring/prometheus.ts';
import { ADMIN_PATHS, ALERTS, CONTROL_PATHS, LABELS, MANAGED_BY, SCALER_PATHS } from '../../protocol/names.ts';
import type { KubernetesObject } from '../synth/object.ts';
import { metadata, partLabels } from './metadata.ts';
import { type PlatformPlan, serviceUrl } from './platform-plan.ts';
import type { PrometheusOperator } from './platform-props.ts';

/** Objects of the Prometheus Operator by which the cluster's own Prometheus and Alertmanager do what the bundled ones do. */
export function operatorObjects(plan: PlatformPlan, operator: PrometheusOperator): KubernetesObject[] {
  const object = (version: string, kind: string, name: string, spec: object): KubernetesObject => {
    const { labels, ...rest } = metadata(plan, name, plan.namespace);
    return { apiVersion: `monitoring.coreos.com/${version}`, kind, metadata: { ...rest, labels: { ...labels, ...operator.labels } }, spec };
  };
  return [
    object('v1', 'ServiceMonitor', GATEWAY_NAME, gatewayMonitor()),
    object('v1', 'PodMonitor', SCALER_NAME, scalerMonitor()),
    object('v1', 'PodMonitor', 'fibonacci-functions', functionMonitor(plan)),
    // Its groups are the leader's, who owns no other field: neither takes anything from the other.
    object('v1', 'PrometheusRule', RULES_CONFIG.name, {}),
    object('v1alpha1', 'AlertmanagerConfig', 'fibonacci', alertmanagerConfig(plan)),
  ];
}

/** Each second, under the names that rules know; labels of the platform's series stay as they are. */
const FAST = { interval: '1s', scrapeTimeout: '1s', honorLabels: true } as const;

function gatewayMonitor(): object {
  return {
    selector: { matchLabels: { [NAME_LABEL]: GATEWAY_PODS_SERVICE } },
    bodySizeLimit: '16MB',
    endpoints: [{ port: 'admin', path: ADMIN_PATHS.metrics, ...FAST, relabelings: [job(JOBS.gateway)] }],
  };
}

/** Pods, since the leader's Service has an EndpointSlice alone. Those that only stand by answer no metrics. */
function scalerMonitor(): object {
  return {
    selector: { matchLabels: partLabels(SCALER_NAME) },
    bodySizeLimit: '16MB',
    podMetricsEndpoints: [{ port: 'http', path: SCALER_PATHS.metrics, ...FAST, relabelings: [job(JOBS.scaler)] }],
  };
}

function functionMonitor({ functionNamespaces }: PlatformPlan): object {
  const functionLabel = `__meta_kubernetes_pod_label_${LABELS.function.replaceAll(/[^a-zA-Z0-9]/g, '_')}`;
  const place = ['__meta_kubernetes_namespace'];
  return {
    namespaceSelector: { matchNames: functionNamespaces.map(({ name }) => name) },
    selector: { matchLabels: { [LABELS.managedBy]: MANAGED_BY }, matchExpressions: [{ key: LABELS.function, operator: 'Exists' }] },
    bodySizeLimit: '1MB',
    sampleLimit: 1000,
    podMetricsEndpoints: [
      {
        port: 'control',
        path: CONTROL_PATHS.metrics,
        interval: '5s',
        scrapeTimeout: '5s',
        relabelings: [
          job(JOBS.watcher),
          { sourceLabels: [...place, functionLabel], separator: '/', targetLabel: 'function_name' },
          { sourceLabels: [...place, '__meta_kubernetes_pod_name'], separator: '/', targetLabel: 'fibonacci_instance' },
        ],
        // What user code can influence must not become a series of the platform.
        metricRelabelings: [{ sourceLabels: ['__name__'], regex: 'function_watcher_.*', action: 'keep' }],
      },
    ],
  };
}

/** As `renderAlertmanagerConfig` has it. */
function alertmanagerConfig(plan: PlatformPlan): object {
  const alert = (value: string, matchType = '=') => [{ name: 'alertname', value, matchType }];
  return {
    route: {
      receiver: 'scaler',
      matchers: alert(`${ALERTS.scaleUp}|${ALERTS.scaleDown}`, '=~'),
      groupBy: ['namespace', 'function'],
      groupWait: '0s',
      groupInterval: '1s',
      repeatInterval: '1m',
    },
    inhibitRules: [{ sourceMatch: alert(ALERTS.scaleUp), targetMatch: alert(ALERTS.scaleDown), equal: ['namespace', 'function'] }],
    receivers: [
      {
        name: 'scaler',
        webhookConfigs: [
          {
            url: `${serviceUrl(plan, SCALER_NAME, PLATFORM_PORTS.scaler)}${SCALER_PATHS.alerts}`,
            sendResolved: true,
            maxAlerts: 10,
            httpConfig: { authorization: { type: 'Bearer', credentials: { name: INTERNAL_SECRET.name, key: INTERNAL_SECRET.key } } },
          },
        ],
      },
    ],
  };
}

function job(replacement: string): object {
  return { targetLabel: 'job', replacement };
}
