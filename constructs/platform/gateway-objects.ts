import {
  GATEWAY_ADMIN_SERVICE,
  GATEWAY_NAME,
  GATEWAY_PODS_SERVICE,
  GATEWAY_PUBLIC_SERVICE,
  INTERNAL_SECRET,
  PLATFORM_PORTS,
  SCALER_NAME,
} from '../../protocol/cluster-names.ts';
import { ADMIN_PATHS } from '../../protocol/names.ts';
import type { KubernetesObject } from '../synth/object.ts';
import { exposedService, hidesClients } from './exposure.ts';
import { metadata, partLabels } from './metadata.ts';
import { type PlatformPlan, serviceUrl } from './platform-plan.ts';
import { containerBasics, environment, podTemplate, secretVolume } from './pod.ts';
import { disruptionBudget, httpProbes, rollingDeployment } from './workload.ts';

/** Until all nodes' proxies and load balancers lead nobody to a pod that ends. */
const DRAIN_DELAY_MS = 5000;
/** For closing what is left, after the last request. */
const CLOSE_SECONDS = 10;
const SECRETS = '/etc/fibonacci/internal';

export function gatewayObjects(plan: PlatformPlan): KubernetesObject[] {
  return [
    rollingDeployment(plan, GATEWAY_NAME, plan.gateway.replicas, gatewayPod(plan)),
    disruptionBudget(plan, GATEWAY_NAME),
    service(plan, GATEWAY_NAME, { ports: [{ name: 'http', port: 80, targetPort: 'http', appProtocol: 'http' }] }),
    exposedService(plan, service(plan, GATEWAY_PUBLIC_SERVICE, { ports: [{ name: 'http', port: 80, targetPort: 'public', appProtocol: 'http' }] })),
    service(plan, GATEWAY_ADMIN_SERVICE, { ports: [{ name: 'admin', port: PLATFORM_PORTS.gatewayAdmin, targetPort: 'admin' }] }),
    // A gateway that drains still counts, so it is measured to its end.
    service(plan, GATEWAY_PODS_SERVICE, {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      ports: [{ name: 'admin', port: PLATFORM_PORTS.gatewayAdmin, targetPort: 'admin' }],
    }),
  ];
}

function gatewayPod(plan: PlatformPlan): object {
  return podTemplate({
    part: GATEWAY_NAME,
    apiToken: true,
    pullSecrets: plan.images.pullSecrets,
    placement: plan.placement,
    graceSeconds: DRAIN_DELAY_MS / 1000 + plan.gateway.drainSeconds + CLOSE_SECONDS,
    containers: [
      {
        name: 'gateway',
        image: plan.imageRefs.gateway,
        imagePullPolicy: plan.images.pullPolicy,
        env: gatewayEnvironment(plan),
        ports: [
          { name: 'http', containerPort: PLATFORM_PORTS.gateway },
          { name: 'admin', containerPort: PLATFORM_PORTS.gatewayAdmin },
          { name: 'public', containerPort: PLATFORM_PORTS.gatewayPublic },
        ],
        ...containerBasics(plan.gateway.resources),
        ...httpProbes('admin', ADMIN_PATHS),
        volumeMounts: [{ name: 'internal', mountPath: SECRETS, readOnly: true }],
      },
    ],
    volumes: [secretVolume('internal', INTERNAL_SECRET.name)],
  });
}

function gatewayEnvironment(plan: PlatformPlan): object[] {
  return environment(
    {
      FIB_WORLD: 'kubernetes',
      FIB_NAMESPACES: plan.functionNamespaces.map(({ name }) => name).join(','),
      FIB_HOST: '0.0.0.0',
      FIB_PORT: String(PLATFORM_PORTS.gateway),
      FIB_ADMIN_PORT: String(PLATFORM_PORTS.gatewayAdmin),
      FIB_PUBLIC_PORT: String(PLATFORM_PORTS.gatewayPublic),
      FIB_SCALER_URL: serviceUrl(plan, SCALER_NAME, PLATFORM_PORTS.scaler),
      FIB_INTERNAL_TOKEN_FILE: `${SECRETS}/${INTERNAL_SECRET.key}`,
      FIB_DRAIN_DELAY_MS: String(DRAIN_DELAY_MS),
      ...(hidesClients(plan.exposure) && { FIB_CONNECTIONS_PER_ADDRESS: '0' }),
      FIB_LOG_LEVEL: plan.logLevel,
    },
    { FIB_GATEWAY_ID: 'metadata.name', FIB_NODE: 'spec.nodeName' },
  );
}

function service(plan: PlatformPlan, name: string, spec: object): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: metadata(plan, name, plan.namespace), spec: { selector: partLabels(GATEWAY_NAME), ...spec } };
}
