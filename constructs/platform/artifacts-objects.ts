import { ARTIFACTS_NAME, INTERNAL_SECRET, PLATFORM_PORTS } from '../../protocol/cluster-names.ts';
import { ARTIFACT_PATHS } from '../../protocol/names.ts';
import { parseSize } from '../../protocol/size.ts';
import type { KubernetesObject } from '../synth/object.ts';
import { account } from './access-objects.ts';
import type { ArtifactSettings, S3Settings } from './artifacts-settings.ts';
import { metadata, partLabels } from './metadata.ts';
import type { PlatformPlan } from './platform-plan.ts';
import { containerBasics, environment, podTemplate, secretVolume } from './pod.ts';
import { volumeClaim } from './volume-claim.ts';
import { disruptionBudget, httpProbes, rollingDeployment } from './workload.ts';

const DATA = '/data';
const SECRETS = '/etc/fibonacci/internal';
/** With the Secret's name, so that a message about a file that is not there names it. */
const CREDENTIALS = '/etc/fibonacci/credentials';
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
    ...(artifacts.s3 ? onBucket(plan, artifacts, artifacts.s3) : onVolume(plan, artifacts)),
  ];
}

function onVolume(plan: PlatformPlan, artifacts: ArtifactSettings): KubernetesObject[] {
  return [
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
        template: artifactsPod(plan, artifacts, {}),
        volumeClaimTemplates: [volumeClaim('data', artifacts.storage, artifacts.storageClass)],
      },
    },
  ];
}

/** The bucket has everything: any pod is as good as another, and its disk may go with it. */
function onBucket(plan: PlatformPlan, artifacts: ArtifactSettings, s3: S3Settings): KubernetesObject[] {
  const folder = `${CREDENTIALS}/${s3.secret}`;
  const pod = artifactsPod(plan, artifacts, {
    environment: {
      FIB_S3_ENDPOINT: s3.endpoint,
      FIB_S3_BUCKET: s3.bucket,
      FIB_S3_REGION: s3.region,
      FIB_S3_PREFIX: s3.prefix,
      FIB_S3_PATH_STYLE: s3.pathStyle ? 'on' : 'off',
      FIB_S3_ACCESS_KEY_ID_FILE: `${folder}/${s3.accessKeyIdKey}`,
      FIB_S3_SECRET_ACCESS_KEY_FILE: `${folder}/${s3.secretAccessKeyKey}`,
    },
    mounts: [{ name: 'credentials', mountPath: folder, readOnly: true }],
    volumes: [
      { name: 'data', emptyDir: { sizeLimit: artifacts.storage } },
      // A Secret that is not there is told by the process, not by a pod that waits without a word.
      { name: 'credentials', secret: { secretName: s3.secret, defaultMode: 0o440, optional: true } },
    ],
  });
  return [rollingDeployment(plan, ARTIFACTS_NAME, s3.replicas, pod), disruptionBudget(plan, ARTIFACTS_NAME)];
}

interface PodParts {
  readonly environment?: Readonly<Record<string, string>>;
  readonly mounts?: readonly object[];
  readonly volumes?: readonly object[];
}

function artifactsPod(plan: PlatformPlan, { storage, resources }: ArtifactSettings, parts: PodParts): object {
  return podTemplate({
    part: ARTIFACTS_NAME,
    apiToken: false,
    pullSecrets: plan.images.pullSecrets,
    placement: plan.placement,
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
          ...parts.environment,
        }),
        ports: [{ name: 'http', containerPort: PLATFORM_PORTS.artifacts }],
        ...containerBasics(resources),
        ...httpProbes('http', ARTIFACT_PATHS),
        // Why it does not start is in the pod's status, for `fib deploy` and `fib status`.
        terminationMessagePolicy: 'FallbackToLogsOnError',
        volumeMounts: [{ name: 'data', mountPath: DATA }, { name: 'internal', mountPath: SECRETS, readOnly: true }, ...(parts.mounts ?? [])],
      },
    ],
    volumes: [secretVolume('internal', INTERNAL_SECRET.name), ...(parts.volumes ?? [])],
  });
}
