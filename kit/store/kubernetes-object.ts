import { API_VERSION } from '../../protocol/names.ts';
import type { ObjectMeta } from '../../protocol/schema/kind.ts';
import { type AnyResource, KINDS, type KindName, type ResourceOf, type RevisionResource } from '../../protocol/schema/resources.ts';
import { parseResource } from '../../protocol/schema/validate.ts';
import { type ResourcePath, resourcePath } from '../kubernetes/path.ts';
import type { Sharing } from '../sharing.ts';

const [GROUP = '', VERSION = ''] = API_VERSION.split('/');
/** As large as the whole object, and of no use to us. */
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Path of a kind's list in a namespace, or of one object. */
export function kindPath(kind: KindName, rest: Pick<ResourcePath, 'namespace' | 'name' | 'subresource'>): string {
  return resourcePath({ group: GROUP, version: VERSION, plural: KINDS[kind].plural, ...rest });
}

/** An object as the API server sends it, reduced to what the protocol knows and checked; with `share`, for one of many that are held. @throws PlatformError SPEC_INVALID */
export function parseObject<K extends KindName>(kind: K, raw: unknown, share: Sharing = (value) => value): ResourceOf<K> {
  const { metadata, spec, status } = (raw ?? {}) as { metadata?: Partial<ObjectMeta>; spec?: unknown; status?: object };
  const object = { apiVersion: API_VERSION, kind, metadata: parseMeta(metadata, share), spec };
  parseResource(object);
  object.spec = share(spec);
  return (status === undefined || Object.keys(status).length === 0 ? object : { ...object, status: share(status) }) as unknown as ResourceOf<K>;
}

/** What server-side apply is sent: what is declared, nothing that the API server sets. A Revision belongs to its Function and goes with it (Kubernetes, "Owners and Dependents"). */
export function renderObject({ kind, metadata, spec }: AnyResource): object {
  const { name, namespace, labels, annotations } = metadata;
  const owners = kind === 'Revision' ? { ownerReferences: [ownerOf(spec)] } : {};
  return { apiVersion: API_VERSION, kind, metadata: { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }), ...owners }, spec };
}

function ownerOf({ function: name, functionUid: uid }: RevisionResource['spec']): object {
  return { apiVersion: API_VERSION, kind: 'Function', name, uid, controller: true, blockOwnerDeletion: false };
}

function parseMeta(metadata: Partial<ObjectMeta> = {}, share: Sharing): Partial<ObjectMeta> {
  const { name, namespace, labels, annotations, uid, generation, resourceVersion, creationTimestamp } = metadata;
  const { [LAST_APPLIED]: _dropped, ...kept } = annotations ?? {};
  // In one literal, which takes less memory than members that are added one by one.
  const known = { name, namespace: share(namespace), uid, generation, resourceVersion, creationTimestamp: share(creationTimestamp) };
  const more = { ...(labels && { labels: share(labels) }), ...(Object.keys(kept).length > 0 && { annotations: share(kept) }) };
  const whole = Object.keys(more).length > 0 ? { ...known, ...more } : known;
  for (const [key, value] of Object.entries(known)) if (value === undefined) delete whole[key as keyof typeof known];
  return whole as Partial<ObjectMeta>;
}
