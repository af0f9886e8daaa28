/** The class of volumes that a claim gets when it names none. */
const STORAGE_CLASS = 'standard';
const PROVISIONER = 'fibonacci.dev/test-volumes';

const NODE = `${PROVISIONER}-node`;

/** The parts of Kubernetes' objects that the making of volumes is about (v1). */
export interface Claim {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly uid: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly storageClassName?: string;
    readonly volumeName?: string;
    readonly accessModes: readonly string[];
    readonly resources: { readonly requests: { readonly storage: string } };
  };
}

export interface Volume {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly local?: { readonly path: string } };
  readonly status?: { readonly phase?: string };
}

/** Volumes are made where the claim's first pod goes. */
export function renderStorageClass(): object {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: STORAGE_CLASS, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: PROVISIONER,
    volumeBindingMode: 'WaitForFirstConsumer',
    reclaimPolicy: 'Delete',
  };
}

/** The node that the scheduler chose for a claim that waits for its volume, or undefined where it does not wait for us. */
export function nodeOfWaitingClaim({ metadata, spec }: Claim): string | undefined {
  return spec.storageClassName === STORAGE_CLASS && !spec.volumeName ? metadata.annotations?.['volume.kubernetes.io/selected-node'] : undefined;
}

/** Where a volume of ours is whose claim is gone, or undefined for any other. */
export function placeOfReleasedVolume({ metadata, spec, status }: Volume): { readonly node: string; readonly path: string } | undefined {
  const node = metadata.annotations?.[NODE];
  return node !== undefined && spec.local && status?.phase === 'Released' ? { node, path: spec.local.path } : undefined;
}

export function renderVolume({ metadata, spec }: Claim, node: string, path: string): object {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: `pvc-${metadata.uid}`, annotations: { 'pv.kubernetes.io/provisioned-by': PROVISIONER, [NODE]: node } },
    spec: {
      storageClassName: STORAGE_CLASS,
      capacity: { storage: spec.resources.requests.storage },
      accessModes: spec.accessModes,
      persistentVolumeReclaimPolicy: 'Delete',
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: metadata.name, namespace: metadata.namespace, uid: metadata.uid },
      local: { path },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }] }] } },
    },
  };
}
