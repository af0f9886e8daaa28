import { functionName } from '../../protocol/names.ts';
import type { RevisionResource } from '../../protocol/schema/resources.ts';
import type { Instance } from '../../kit/fleet/fleet.ts';
import { contentDigest, revisionName, revisionNumber, templateDigest } from '../decide/revision.ts';
import type { ManagedFunction, ResolvedRevision } from './functions.ts';
import { resolveEnv, type RevisionWorld } from './resolve-revision.ts';

/** What a watcher serves, as it says itself. */
export interface ServedContent {
  readonly content: string;
  /** 0 where it did not say. */
  readonly generation: number;
}

export interface Recalled {
  readonly revision: ResolvedRevision;
  /** It is known well enough to be given to another instance. */
  readonly complete: boolean;
}

/** The revision that an instance serves since a scaler before this one: the newest, one of the history, or as much as the instance itself tells. */
export function recallRevision(
  fn: ManagedFunction,
  { template: instanceTemplate }: Instance,
  { content, generation }: ServedContent,
  recorded: RevisionResource | undefined,
  world: Pick<RevisionWorld, 'secrets' | 'digestSecret'>,
): Recalled {
  if (fn.latest?.content === content) return { revision: fn.latest, complete: true };
  const { namespace, name } = fn.resource.metadata;
  const { owner, runtime, memoryBytes, placement } = instanceTemplate;
  const pool = owner.kind === 'PodPool' ? functionName(namespace, owner.name) : '';
  const spec = recorded?.spec.snapshot ?? fn.resource.spec;
  const known = recorded && envWithContent(recorded, world);
  const number = recorded ? revisionNumber(recorded.metadata.name) : Math.max(1, generation);
  const revision: ResolvedRevision = {
    name: recorded?.metadata.name ?? revisionName(name, number),
    generation: number,
    observedGeneration: recorded?.spec.generation ?? 1,
    template: recorded?.spec.template ?? templateDigest({ runtime, memoryBytes, ...(placement && { placement }), ...(pool && { pool }) }),
    content,
    instanceTemplate,
    pool,
    spec,
    env: known ?? {},
  };
  return { revision, complete: known !== undefined };
}

/** Its variables, if its secrets' values are still those that it was made with. */
function envWithContent(
  { metadata, spec }: RevisionResource,
  world: Pick<RevisionWorld, 'secrets' | 'digestSecret'>,
): Readonly<Record<string, string>> | undefined {
  try {
    const { env, secretDigests } = resolveEnv(metadata.namespace, spec.snapshot, world);
    return contentDigest(spec.snapshot, secretDigests) === spec.content ? env : undefined;
  } catch {
    // A secret is missing, or not read yet.
    return undefined;
  }
}
