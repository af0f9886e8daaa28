import { posix } from 'node:path';
import { INTERNAL_SECRET } from '../../protocol/cluster-names.ts';
import { digestOf } from '../../protocol/digest.ts';
import { API_GROUP } from '../../protocol/names.ts';
import type { KubernetesObject } from '../synth/object.ts';
import { metadata, partLabels } from './metadata.ts';
import type { PlatformPlan } from './platform-plan.ts';
import { containerBasics, podTemplate, secretVolume } from './pod.ts';
import type { ServerSettings } from './settings.ts';
import { volumeClaim } from './volume-claim.ts';

/** Prometheus or Alertmanager: one pod with its configuration, the internal token and a place for data. */
export interface MonitoringServerOptions {
  readonly name: string;
  readonly container: string;
  readonly settings: ServerSettings;
  readonly port: number;
  /** Absolute path of the configuration in the container, and its text. */
  readonly config: { readonly file: string; readonly text: string };
  readonly args: readonly string[];
  /** Absolute path of the data in the container. */
  readonly data: string;
  /** Absolute folder of the internal token in the container. */
  readonly secrets: string;
  readonly volumes?: readonly object[];
  readonly volumeMounts?: readonly object[];
}

/** User and group `nobody` of the official images. */
const NOBODY = 65_534;
/** It writes down what it has in memory. */
const GRACE_SECONDS = 60;
/** What data may take on a node, where there is no volume. Prometheus keeps to 256 MB and what it has not written yet. */
const SCRATCH = '1Gi';

export function monitoringServer(plan: PlatformPlan, options: MonitoringServerOptions): KubernetesObject[] {
  const { name, port, config, settings } = options;
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(plan, name, plan.namespace), data: { [posix.basename(config.file)]: config.text } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata(plan, name, plan.namespace),
      spec: { selector: partLabels(name), ports: [{ name: 'http', port, targetPort: 'http' }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: metadata(plan, name, plan.namespace),
      spec: {
        replicas: 1,
        serviceName: name,
        // A pod that does not start is replaced by the next one that should.
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: partLabels(name) },
        template: renderPod(plan, options),
        ...(settings.storage !== undefined && { volumeClaimTemplates: [volumeClaim('data', settings.storage, settings.storageClass)] }),
      },
    },
  ];
}

function renderPod(plan: PlatformPlan, options: MonitoringServerOptions): object {
  const { name, container, settings, port, config, args, data, secrets, volumes = [], volumeMounts = [] } = options;
  const probe = (path: string) => ({ httpGet: { path, port: 'http' }, timeoutSeconds: 5 });
  return podTemplate({
    part: name,
    user: NOBODY,
    apiToken: false,
    pullSecrets: plan.images.pullSecrets,
    placement: plan.placement,
    graceSeconds: GRACE_SECONDS,
    annotations: { [`${API_GROUP}/config`]: digestOf(config.text) },
    containers: [
      {
        name: container,
        image: settings.image,
        imagePullPolicy: plan.images.pullPolicy,
        args,
        ports: [{ name: 'http', containerPort: port }],
        ...containerBasics(settings.resources),
        // Reading back what it wrote before may take a while.
        startupProbe: { ...probe('/-/ready'), periodSeconds: 1, failureThreshold: 300 },
        readinessProbe: { ...probe('/-/ready'), periodSeconds: 5, failureThreshold: 3 },
        livenessProbe: { ...probe('/-/healthy'), periodSeconds: 10, failureThreshold: 6 },
        volumeMounts: [
          // A single file does not follow its ConfigMap; the pod is replaced with it.
          { name: 'config', mountPath: config.file, subPath: posix.basename(config.file), readOnly: true },
          { name: 'internal', mountPath: secrets, readOnly: true },
          { name: 'data', mountPath: data },
          ...volumeMounts,
        ],
      },
    ],
    volumes: [
      { name: 'config', configMap: { name } },
      secretVolume('internal', INTERNAL_SECRET.name),
      ...(settings.storage === undefined ? [{ name: 'data', emptyDir: { sizeLimit: SCRATCH } }] : []),
      ...volumes,
    ],
  });
}
