import {
  ALERTMANAGER_NAME,
  GATEWAY_PODS_SERVICE,
  INTERNAL_SECRET,
  PLATFORM_PORTS,
  PROMETHEUS_NAME,
  RULES_CONFIG,
  SCALER_NAME,
} from '../../protocol/cluster-names.ts';
import { ALERTMANAGER_FLAGS, renderAlertmanagerConfig } from '../../protocol/monitoring/alertmanager.ts';
import { PROMETHEUS_FLAGS, renderPrometheusConfig } from '../../protocol/monitoring/prometheus.ts';
import type { KubernetesObject } from '../synth/object.ts';
import { account } from './access-objects.ts';
import { monitoringServer } from './monitoring-server.ts';
import { operatorObjects } from './operator-objects.ts';
import { type PlatformPlan, serviceHost, serviceUrl } from './platform-plan.ts';
import type { MonitoringSettings } from './settings.ts';

type Bundled = Extract<MonitoringSettings, { kind: 'bundled' }>;

const SECRETS = '/etc/fibonacci/internal';
const TOKEN_FILE = `${SECRETS}/${INTERNAL_SECRET.key}`;

/** Prometheus and Alertmanager, as on a laptop; or what the cluster's own Prometheus Operator makes of its. */
export function monitoringObjects(plan: PlatformPlan): KubernetesObject[] {
  const { monitoring } = plan;
  if (monitoring.kind === 'operator') return operatorObjects(plan, monitoring);
  return [account(plan, PROMETHEUS_NAME), account(plan, ALERTMANAGER_NAME), ...prometheus(plan, monitoring), ...alertmanager(plan, monitoring)];
}

function prometheus(plan: PlatformPlan, settings: Bundled): KubernetesObject[] {
  const [folder, data] = ['/etc/prometheus', '/prometheus'];
  const config = renderPrometheusConfig({
    gateways: { name: `${GATEWAY_PODS_SERVICE}.${plan.namespace}.svc`, port: PLATFORM_PORTS.gatewayAdmin },
    scalers: [serviceHost(plan, SCALER_NAME, PLATFORM_PORTS.scaler)],
    alertmanager: serviceHost(plan, ALERTMANAGER_NAME, PLATFORM_PORTS.alertmanager),
    ruleFiles: [`${folder}/rules/${RULES_CONFIG.key}`],
    tokenFile: TOKEN_FILE,
  });
  return monitoringServer(plan, {
    name: PROMETHEUS_NAME,
    container: 'prometheus',
    settings: settings.prometheus,
    port: PLATFORM_PORTS.prometheus,
    config: { file: `${folder}/prometheus.yml`, text: config },
    args: [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${data}`,
      `--web.listen-address=0.0.0.0:${PLATFORM_PORTS.prometheus}`,
      ...PROMETHEUS_FLAGS,
    ],
    data,
    secrets: SECRETS,
    // The leader makes this ConfigMap and keeps it: it is in no tree, so that no deployment takes the rules away.
    volumes: [{ name: 'rules', configMap: { name: RULES_CONFIG.name, optional: true } }],
    volumeMounts: [{ name: 'rules', mountPath: `${folder}/rules`, readOnly: true }],
  });
}

function alertmanager(plan: PlatformPlan, settings: Bundled): KubernetesObject[] {
  const [folder, data] = ['/etc/alertmanager', '/alertmanager'];
  const config = renderAlertmanagerConfig({ scalerUrl: serviceUrl(plan, SCALER_NAME, PLATFORM_PORTS.scaler), tokenFile: TOKEN_FILE });
  return monitoringServer(plan, {
    name: ALERTMANAGER_NAME,
    container: 'alertmanager',
    settings: settings.alertmanager,
    port: PLATFORM_PORTS.alertmanager,
    config: { file: `${folder}/alertmanager.yml`, text: config },
    args: [
      `--config.file=${folder}/alertmanager.yml`,
      `--storage.path=${data}`,
      `--web.listen-address=0.0.0.0:${PLATFORM_PORTS.alertmanager}`,
      ...ALERTMANAGER_FLAGS,
    ],
    data,
    secrets: SECRETS,
  });
}
