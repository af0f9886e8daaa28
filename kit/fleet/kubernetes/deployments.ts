import { ANNOTATIONS } from '../../../protocol/names.ts';
import type { InstanceTemplate } from '../fleet.ts';
import { parseTemplate } from './pods.ts';

/** What the fleet knows of a Deployment of its own. */
export interface DeploymentView {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Rises with each change of what is asked for. */
  readonly generation: number;
  readonly template: InstanceTemplate;
  /** Asked for. */
  readonly replicas: number;
  /** Digest of what it was rendered from. */
  readonly rendered: string;
  readonly deleting: boolean;
  /** Why its ReplicaSet cannot make pods: a quota, an admission. */
  readonly problem?: string;
}

interface RawDeployment {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly generation: number;
    readonly deletionTimestamp?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly replicas?: number };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason?: string; readonly message?: string }[];
  };
}

/** A Deployment as the API server sends it; undefined where it is none of the fleet's. */
export function parseDeployment(raw: unknown): DeploymentView | undefined {
  const { metadata, spec, status } = raw as RawDeployment;
  const template = parseTemplate(metadata.annotations?.[ANNOTATIONS.instanceTemplate]);
  if (!template) return undefined;
  const failure = status?.conditions?.find(({ type }) => type === 'ReplicaFailure');
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    generation: metadata.generation,
    template,
    replicas: spec.replicas ?? 1,
    rendered: metadata.annotations?.[ANNOTATIONS.rendered] ?? '',
    deleting: metadata.deletionTimestamp !== undefined,
    ...(failure?.status === 'True' && { problem: [failure.reason, failure.message].filter(Boolean).join(': ') }),
  };
}
