import { digestOf } from '../../../protocol/digest.ts';
import type { InstanceTemplate } from '../fleet.ts';

/** The longest value of a label (Kubernetes, "Labels and Selectors"). */
const MAX_LABEL = 63;

/** 8 hex digits for a template: the value of the label `fibonacci.dev/template`. */
export function templateHash({ key }: Pick<InstanceTemplate, 'key'>): string {
  return digestOf(key).slice('sha256:'.length, 'sha256:'.length + 8);
}

/** Name of the Deployment of a template: `<pool or function>-<8 hex digits>`, at most 63 characters. */
export function workloadName(template: Pick<InstanceTemplate, 'key' | 'owner'>): string {
  const hash = templateHash(template);
  const room = MAX_LABEL - hash.length - 1;
  return `${template.owner.name.slice(0, room).replace(/-+$/, '')}-${hash}`;
}

/** `<namespace>/<pod>`: the id of an instance in a cluster, which its watcher bears too. */
export function instanceId(namespace: string, pod: string): string {
  return `${namespace}/${pod}`;
}

/** The pod of an instance; undefined for an id of another form. */
export function podOfInstance(id: string): { readonly namespace: string; readonly name: string } | undefined {
  const [namespace, name, ...rest] = id.split('/');
  return namespace && name && rest.length === 0 ? { namespace, name } : undefined;
}
