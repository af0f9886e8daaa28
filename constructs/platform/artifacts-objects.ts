import { ARTIFACTS_NAME, INTERNAL_SECRET, PLATFORM_PORTS } from '../../protocol/cluster-names.ts';
import { ARTIFACT_PATHS } from '../../protocol/names.ts';
import { parseSize } from '../../protocol/size.ts';
import type { KubernetesObject } from '../synth/object.ts';
import { account } from './access-objects.ts';
import { metadata, partLabels } from './metadata.ts';
import type { PlatformPlan } from './platform-plan.ts';
import { containerBasics, environment, podTemplate, secretVolume } from './pod.ts';
import type { ArtifactSettings } from './settings.ts';
import { volumeClaim } from './volume-claim.ts';
import { httpProbes } from './workload.ts';

const DATA = '/data';
const SECRETS = '/etc/fibonacci/internal';
/** An upload under way may end. */
const GRACE_SECONDS = 30;
/** Of the volume: what file systems take for themselves. */
const USABLE = 0.9;

/** The service that keeps packages which no ConfigMap holds; it runs from the scaler's image. */
export function artifactsObjects(plan: PlatformPlan): KubernetesObject[] {
  const { artifacts } = plan;
  if (!artifacts) return [];
  return [
    account(plan, ARTIFACTS_NAME),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata(plan, ARTIFACTS_NAME, plan.namespace),
      spec: { selector: partLabels(ARTIFACTS_NAME), ports: [{ name: 'http', port: PLATFORM_PORTS.artifacts, targetPort: 'http' }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: metadata(plan, ARTIFACTS_NAME, plan.namespace),
      spec: {
        // One volume, one process: cold starts that find none try again.
        replicas: 1,
        serviceName: ARTIFACTS_NAME,
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: partLabels(ARTIFACTS_NAME) },
        template: artifactsPod(plan, artifacts),
        volumeClaimTemplates: [volumeClaim('data', artifacts.storage, artifacts.storageClass)],
      },
    },
  ];
}

function artifactsPod(plan: PlatformPlan, { storage, resources }: ArtifactSettings): object {
  return podTemplate({
    part: ARTIFACTS_NAME,
    apiToken: false,
    pullSecrets: plan.images.pullSecrets,
    graceSeconds: GRACE_SECONDS,
    containers: [
      {
        name: 'artifacts',
        image: plan.imageRefs.scaler,
        imagePullPolicy: plan.images.pullPolicy,
        command: ['/usr/local/bin/node', '/app/artifacts/main.js'],
        env: environment({
          FIB_HOST: '0.0.0.0',
          FIB_ARTIFACTS_PORT: String(PLATFORM_PORTS.artifacts),
          FIB_ARTIFACTS_DIR: DATA,
          FIB_ARTIFACTS_QUOTA_MIB: String(Math.max(1, Math.floor((parseSize(storage) / 1024 ** 2) * USABLE))),
          FIB_INTERNAL_TOKEN_FILE: `${SECRETS}/${INTERNAL_SECRET.key}`,
          FIB_LOG_LEVEL: plan.logLevel,
        }),
        ports: [{ name: 'http', containerPort: PLATFORM_PORTS.artifacts }],
        ...containerBasics(resources),
        ...httpProbes('http', ARTIFACT_PATHS),
        volumeMounts: [
          { name: 'data', mountPath: DATA },
          { name: 'internal', mountPath: SECRETS, readOnly: true },
        ],
      },
    ],
    volumes: [secretVolume('internal', INTERNAL_SECRET.name)],
  });
}
