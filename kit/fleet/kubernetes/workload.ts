import { digestOfJson } from '../../../protocol/digest.ts';
import { PlatformError } from '../../../protocol/errors.ts';
import { IMAGE_USER } from '../../../protocol/images.ts';
import { ANNOTATIONS, API_VERSION, CONTROL_PATHS, LABELS, MANAGED_BY, POD_PORTS } from '../../../protocol/names.ts';
import { renderPlacement, renderSpread } from '../../../protocol/pod-placement.ts';
import { formatSize } from '../../../protocol/size.ts';
import type { Workloads } from '../../../protocol/workloads.ts';
import type { InstanceTemplate, TemplateOwner } from '../fleet.ts';
import type { Deployment, OwnerReference } from './manifests.ts';
import { templateHash, workloadName } from './names.ts';

export interface WorkloadContext {
  readonly workloads: Workloads;
  /** Of the scaler; base64url (watcher.md W1.1). */
  readonly publicKey: string;
}

const SCRATCH = { volume: 'scratch', path: '/scratch' };
/** The longest timeout that a Function may have, and a moment. A watcher ends sooner, once nothing runs on it (watcher.md W9.2). */
const GRACE_SECONDS = 15 * 60 + 5;
/** Of an instance's memory: what its supervisor takes, a quarter at the most: much of it is the runtime's program, which both processes share. An executor that takes the rest is ended by it, before the kernel ends both. */
const SUPERVISOR_BYTES = 64 * 1024 * 1024;

/**
 * The Deployment that keeps a template's unleased pods, and those of a cold function. Pure: `fib render --expand` shows the same. Without `replicas`, which move.
 * The pods keep to the restricted Pod Security Standard.
 * @throws PlatformError RUNTIME_UNAVAILABLE where the platform has no image for the runtime
 */
export function renderWorkload(template: InstanceTemplate, context: WorkloadContext): Deployment {
  const { namespace, owner } = template;
  const name = workloadName(template);
  const selector = { [LABELS.workload]: name };
  const labels = { [LABELS.managedBy]: MANAGED_BY, [LABELS.template]: templateHash(template), ...selector, ...ownerLabel(owner) };
  // Without its UID: the pods of a pool that was deleted and made again need not be replaced.
  const instanceTemplate = { [ANNOTATIONS.instanceTemplate]: JSON.stringify({ ...template, owner: { kind: owner.kind, name: owner.name } }) };
  const spec: Deployment['spec'] = {
    revisionHistoryLimit: 0,
    selector: { matchLabels: selector },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '50%' } },
    template: { metadata: { labels, annotations: instanceTemplate }, spec: renderPod(template, selector, context) },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      namespace,
      name,
      labels,
      annotations: { ...instanceTemplate, [ANNOTATIONS.rendered]: digestOfJson({ spec, owner }) },
      ...(owner.uid !== undefined && { ownerReferences: [ownerReference(owner.kind, owner.name, owner.uid)] }),
    },
    spec,
  };
}

/** A controlling reference to one of our own resources: what bears it goes when that goes. */
export function ownerReference(kind: string, name: string, uid: string): OwnerReference {
  return { apiVersion: API_VERSION, kind, name, uid, controller: true };
}

/** The image of the template's runtime. @throws PlatformError RUNTIME_UNAVAILABLE */
export function imageOf(runtime: InstanceTemplate['runtime'], { images }: Workloads): string {
  const image = images[runtime];
  if (image !== undefined) return image;
  throw new PlatformError('RUNTIME_UNAVAILABLE', `runtime ${runtime} is off: the platform names no image for it; add images.${runtime}`);
}

function ownerLabel({ kind, name }: TemplateOwner): Record<string, string> {
  return { [kind === 'PodPool' ? LABELS.pool : LABELS.cold]: name };
}

function renderPod(template: InstanceTemplate, selector: Record<string, string>, context: WorkloadContext): Deployment['spec']['template']['spec'] {
  const { pullSecrets, serviceAccount, scratch, rackLabel } = context.workloads;
  return {
    serviceAccountName: serviceAccount,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    // The kernel drops signals that process 1 has no handler for yet: a pod that is to end while its watcher starts would stay for its whole grace.
    shareProcessNamespace: true,
    terminationGracePeriodSeconds: GRACE_SECONDS,
    ...(pullSecrets.length > 0 && { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
    securityContext: { runAsNonRoot: true, runAsUser: IMAGE_USER, runAsGroup: IMAGE_USER, fsGroup: IMAGE_USER, seccompProfile: { type: 'RuntimeDefault' } },
    ...renderPlacement(template.placement, rackLabel),
    topologySpreadConstraints: renderSpread(template.placement, rackLabel, selector),
    containers: [renderContainer(template, context)],
    volumes: [{ name: SCRATCH.volume, emptyDir: { sizeLimit: scratch } }],
  };
}

function renderContainer(template: InstanceTemplate, { workloads, publicKey }: WorkloadContext): Deployment['spec']['template']['spec']['containers'][0] {
  const memory = formatSize(template.memoryBytes);
  const { cpuRequest, cpuLimit, pullPolicy } = workloads;
  return {
    name: 'watcher',
    image: imageOf(template.runtime, workloads),
    imagePullPolicy: pullPolicy,
    env: renderEnvironment(template, publicKey),
    ports: [
      { name: 'data', containerPort: POD_PORTS.data },
      { name: 'control', containerPort: POD_PORTS.control },
    ],
    resources: { requests: { cpu: cpuRequest, memory }, limits: { cpu: cpuLimit, memory } },
    readinessProbe: { httpGet: { path: CONTROL_PATHS.ready, port: 'control' }, periodSeconds: 1, timeoutSeconds: 2, failureThreshold: 3 },
    livenessProbe: { httpGet: { path: CONTROL_PATHS.health, port: 'control' }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    volumeMounts: [{ name: SCRATCH.volume, mountPath: SCRATCH.path }],
  };
}

function renderEnvironment({ memoryBytes }: InstanceTemplate, publicKey: string): { name: string; value?: string; valueFrom?: object }[] {
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const values = {
    FIB_INSTANCE: '$(FIB_POD_NAMESPACE)/$(FIB_POD_NAME)',
    FIB_SCRATCH: SCRATCH.path,
    FIB_PUBLIC_KEY: publicKey,
    FIB_HOST: '0.0.0.0',
    FIB_DATA_PORT: String(POD_PORTS.data),
    FIB_CONTROL_PORT: String(POD_PORTS.control),
    FIB_MEMORY_LIMIT_BYTES: String(Math.max(Math.floor((memoryBytes * 3) / 4), memoryBytes - SUPERVISOR_BYTES)),
    TMPDIR: SCRATCH.path,
  };
  return [
    field('FIB_POD_NAMESPACE', 'metadata.namespace'),
    field('FIB_POD_NAME', 'metadata.name'),
    ...Object.entries(values).map(([name, value]) => ({ name, value })),
  ];
}
