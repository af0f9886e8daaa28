import { canonicalJson } from '../../../protocol/digest.ts';
import { ANNOTATIONS, LABELS } from '../../../protocol/names.ts';
import type { Assignment } from '../fleet.ts';
import type { PodView } from './pods.ts';
import { ownerReference } from './workload.ts';

type JsonPatch = readonly { readonly op: 'test' | 'add' | 'remove' | 'replace'; readonly path: string; readonly value?: unknown }[];

/** Of a content digest: what fits into a label. */
const CONTENT_LABEL = 40;

/** Whether the pod says so already. */
export function isRecorded(pod: Pick<PodView, 'assignment'>, assignment: Assignment): boolean {
  return pod.assignment !== undefined && canonicalJson(pod.assignment) === canonicalJson(assignment);
}

/**
 * One JSON patch that says whose a pod is, valid for exactly the version of it that is known. A pod of a pool leaves its ReplicaSet by it and belongs to the Revision, so that it goes when that goes;
 * one of a cold function stays with its Deployment.
 */
export function renderAssignment(pod: Pick<PodView, 'resourceVersion' | 'template' | 'workload'>, assignment: Assignment): JsonPatch {
  const { function: fn, revision, content } = assignment;
  const set = (folder: 'labels' | 'annotations', name: string, value: string) =>
    ({ op: 'add', path: `/metadata/${folder}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, value }) as const;
  const fromPool = pod.template.owner.kind === 'PodPool';
  return [
    { op: 'test', path: '/metadata/resourceVersion', value: pod.resourceVersion },
    ...(fromPool && pod.workload !== undefined ? [{ op: 'remove', path: `/metadata/labels/${LABELS.workload.replace('/', '~1')}` } as const] : []),
    set('labels', LABELS.function, fn.name),
    set('labels', LABELS.functionUid, fn.uid),
    set('labels', LABELS.content, content.replace('sha256:', '').slice(0, CONTENT_LABEL)),
    set('annotations', ANNOTATIONS.assignment, canonicalJson(assignment)),
    ...(fromPool ? [{ op: 'add', path: '/metadata/ownerReferences', value: [ownerReference('Revision', revision.name, revision.uid)] } as const] : []),
  ];
}
