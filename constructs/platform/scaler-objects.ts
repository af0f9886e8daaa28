import {
  ALERTMANAGER_NAME,
  ARTIFACTS_NAME,
  GATEWAY_ADMIN_SERVICE,
  PLATFORM_PORTS,
  PROMETHEUS_NAME,
  SCALER_NAME,
  WORKLOADS_CONFIG,
} from '../../protocol/cluster-names.ts';
import { digestOf } from '../../protocol/digest.ts';
import { API_GROUP, SCALER_PATHS } from '../../protocol/names.ts';
import { RUNTIMES } from '../../protocol/schema/fields.ts';
import type { Workloads } from '../../protocol/workloads.ts';
import { defined } from '../props.ts';
import type { KubernetesObject } from '../synth/object.ts';
import { functionsUrl } from './exposure.ts';
import { metadata } from './metadata.ts';
import { type PlatformPlan, serviceUrl } from './platform-plan.ts';
import { containerBasics, environment, podTemplate } from './pod.ts';
import { disruptionBudget, httpProbes, rollingDeployment } from './workload.ts';

/** It says goodbye to gateways and gives the Lease back. */
const GRACE_SECONDS = 30;
const CONFIG = '/etc/fibonacci';

export function scalerObjects(plan: PlatformPlan): KubernetesObject[] {
  const workloads = `${JSON.stringify(renderWorkloads(plan), undefined, 2)}\n`;
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata(plan, WORKLOADS_CONFIG.name, plan.namespace),
      data: { [WORKLOADS_CONFIG.key]: workloads },
    },
    rollingDeployment(plan, SCALER_NAME, plan.scaler.replicas, scalerPod(plan, digestOf(workloads))),
    disruptionBudget(plan, SCALER_NAME),
    // Without a selector: who leads says where it is.
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata(plan, SCALER_NAME, plan.namespace),
      spec: { ports: [{ name: 'http', port: PLATFORM_PORTS.scaler, targetPort: PLATFORM_PORTS.scaler }] },
    },
  ];
}

/** How pods of functions are made, for the scaler and for `fib render --expand`. */
function renderWorkloads({ imageRefs, images, functions }: PlatformPlan): Partial<Workloads> {
  const { cpuRequest, cpuLimit, scratch, rackLabel } = functions;
  return {
    images: defined(Object.fromEntries(RUNTIMES.map((runtime) => [runtime, imageRefs[runtime]]))),
    pullPolicy: images.pullPolicy,
    pullSecrets: [...images.pullSecrets],
    ...defined({ cpuRequest, cpuLimit, scratch, rackLabel }),
  };
}

function scalerPod(plan: PlatformPlan, workloads: string): object {
  return podTemplate({
    part: SCALER_NAME,
    apiToken: true,
    pullSecrets: plan.images.pullSecrets,
    placement: plan.placement,
    graceSeconds: GRACE_SECONDS,
    annotations: { [`${API_GROUP}/workloads`]: workloads },
    containers: [
      {
        name: 'scaler',
        image: plan.imageRefs.scaler,
        imagePullPolicy: plan.images.pullPolicy,
        env: scalerEnvironment(plan),
        ports: [{ name: 'http', containerPort: PLATFORM_PORTS.scaler }],
        ...containerBasics(plan.scaler.resources),
        ...httpProbes('http', SCALER_PATHS),
        volumeMounts: [{ name: 'workloads', mountPath: CONFIG, readOnly: true }],
      },
    ],
    volumes: [{ name: 'workloads', configMap: { name: WORKLOADS_CONFIG.name } }],
  });
}

function scalerEnvironment(plan: PlatformPlan): object[] {
  const { monitoring } = plan;
  const urls =
    monitoring.kind === 'operator'
      ? monitoring
      : {
          prometheusUrl: serviceUrl(plan, PROMETHEUS_NAME, PLATFORM_PORTS.prometheus),
          alertmanagerUrl: serviceUrl(plan, ALERTMANAGER_NAME, PLATFORM_PORTS.alertmanager),
        };
  return environment(
    {
      FIB_WORLD: 'kubernetes',
      FIB_NAMESPACES: plan.functionNamespaces.map(({ name }) => name).join(','),
      FIB_HOST: '0.0.0.0',
      FIB_SCALER_PORT: String(PLATFORM_PORTS.scaler),
      FIB_WORKLOADS_FILE: `${CONFIG}/${WORKLOADS_CONFIG.key}`,
      ...(plan.artifacts && { FIB_ARTIFACTS_URL: serviceUrl(plan, ARTIFACTS_NAME, PLATFORM_PORTS.artifacts) }),
      FIB_GATEWAY_URL: serviceUrl(plan, GATEWAY_ADMIN_SERVICE, PLATFORM_PORTS.gatewayAdmin),
      FIB_FUNCTIONS_URL: functionsUrl(plan),
      ...(monitoring.kind === 'operator' && { FIB_RULES_OBJECT: 'PrometheusRule' }),
      FIB_PROMETHEUS_URL: urls.prometheusUrl,
      FIB_ALERTMANAGER_URL: urls.alertmanagerUrl,
      FIB_LOG_LEVEL: plan.logLevel,
    },
    { FIB_POD_NAME: 'metadata.name', FIB_POD_NAMESPACE: 'metadata.namespace', FIB_POD_IP: 'status.podIP' },
  );
}
