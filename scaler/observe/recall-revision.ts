import { codeOf } from '../../protocol/schema/function.ts';
import type { RevisionResource } from '../../protocol/schema/resources.ts';
import type { Instance } from '../../kit/fleet/fleet.ts';
import { contentDigest, revisionName, revisionNumber } from '../decide/revision.ts';
import type { ManagedFunction, ResolvedRevision } from './functions.ts';
import { digestOfTemplate, poolOf, resolveEnv, type RevisionWorld } from './resolve-revision.ts';

/** What a watcher serves, as it says itself. */
export interface ServedContent {
  readonly content: string;
  /** 0 where it did not say. */
  readonly generation: number;
}

export interface RevisionHistory {
  /** A revision of the function with this content; of several the one with this template. */
  recorded(uid: string, content: string, template: string): RevisionResource | undefined;
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
  history: RevisionHistory,
  world: Pick<RevisionWorld, 'secrets' | 'digestSecret'>,
): Recalled {
  // Its own, whatever the Function wants by now: an instance of another template is to be replaced.
  const template = digestOfTemplate(instanceTemplate);
  if (fn.latest?.content === content && fn.latest.template === template) return { revision: fn.latest, complete: true };
  const recorded = history.recorded(fn.uid, content, template);
  const { name } = fn.resource.metadata;
  const spec = recorded?.spec.snapshot ?? fn.resource.spec;
  const known = recorded && envWithContent(recorded, world);
  const number = recorded ? revisionNumber(recorded.metadata.name) : Math.max(1, generation);
  const revision: ResolvedRevision = {
    name: recorded?.metadata.name ?? revisionName(name, number),
    generation: number,
    observedGeneration: recorded?.spec.generation ?? 1,
    template,
    content,
    instanceTemplate,
    pool: poolOf(instanceTemplate),
    spec,
    code: codeOf(spec),
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
