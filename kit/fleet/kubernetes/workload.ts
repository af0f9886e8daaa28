import { digestOfJson } from '../../../protocol/digest.ts';
import { PlatformError } from '../../../protocol/errors.ts';
import { IMAGE_USER } from '../../../protocol/images.ts';
import { ANNOTATIONS, API_VERSION, LABELS, MANAGED_BY } from '../../../protocol/names.ts';
import { renderPlacement, renderSpread } from '../../../protocol/pod-placement.ts';
import type { FunctionRuntime } from '../../../protocol/schema/fields.ts';
import { formatSize } from '../../../protocol/size.ts';
import type { Workloads } from '../../../protocol/workloads.ts';
import type { InstanceTemplate, TemplateOwner } from '../fleet.ts';
import type { Container, Deployment, OwnerReference } from './manifests.ts';
import { templateHash, workloadName } from './names.ts';
import { renderOwnContainer } from './own-container.ts';
import { renderWatcher } from './watcher-container.ts';

export interface WorkloadContext {
  readonly workloads: Workloads;
  /** Of the scaler; base64url (watcher.md W1.1). */
  readonly publicKey: string;
}

const SCRATCH = 'scratch';
/** The longest timeout that a Function may have, and a moment. A watcher ends sooner, once nothing runs on it (watcher.md W9.2). */
const GRACE_SECONDS = 15 * 60 + 5;

/**
 * The Deployment that keeps a template's unleased pods, and those of a cold function. Pure: `fib render --expand` shows the same. Without `replicas`, which move.
 * The pods keep to the restricted Pod Security Standard.
 * @throws PlatformError RUNTIME_UNAVAILABLE where the platform has no image for the runtime
 */
export function renderWorkload(template: InstanceTemplate, context: WorkloadContext): Deployment {
  const { namespace, owner } = template;
  const name = workloadName(template);
  const selector = { [LABELS.workload]: name };
  const labels = {
    [LABELS.managedBy]: MANAGED_BY,
    [LABELS.template]: templateHash(template),
    ...selector,
    ...ownerLabel(owner),
    ...(template.container && { [LABELS.runtime]: template.runtime }),
  };
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

/** Whether the platform names an image for it. A container names its own. */
export function hasImage(runtime: FunctionRuntime, { images }: Workloads): boolean {
  return runtime === 'container' || images[runtime] !== undefined;
}

export function noImage(runtime: FunctionRuntime): PlatformError {
  return new PlatformError('RUNTIME_UNAVAILABLE', `runtime ${runtime} is off: the platform names no image for it; add images.${runtime}`);
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
    volumes: [{ name: SCRATCH, emptyDir: { sizeLimit: scratch } }],
  };
}

/** A watcher, or the function's own container; both are held alike. */
function renderContainer(template: InstanceTemplate, { workloads, publicKey }: WorkloadContext): Container {
  const { runtime, container, memoryBytes } = template;
  const memory = formatSize(memoryBytes);
  const { cpuRequest, cpuLimit, pullPolicy } = workloads;
  const { scratch, ...parts } = container ? renderOwnContainer(container) : renderWatcher({ memoryBytes, publicKey });
  const image = runtime === 'container' ? container?.image : workloads.images[runtime];
  if (image === undefined) throw noImage(runtime);
  return {
    ...parts,
    image,
    imagePullPolicy: pullPolicy,
    resources: { requests: { cpu: cpuRequest, memory }, limits: { cpu: cpuLimit, memory } },
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    volumeMounts: [{ name: SCRATCH, mountPath: scratch }],
  };
}
