import { PlatformError } from '../../protocol/errors.ts';
import { functionName } from '../../protocol/names.ts';
import { codeOf } from '../../protocol/schema/function.ts';
import type { FunctionResource, PodPoolResource } from '../../protocol/schema/resources.ts';
import type { InstanceTemplate } from '../../kit/fleet/fleet.ts';
import { coldTemplate, poolTemplate } from '../../kit/fleet/template.ts';
import { contentDigest, revisionName, templateDigest } from '../decide/revision.ts';
import type { ResolvedRevision } from './functions.ts';
import type { Secrets } from './secrets.ts';

export interface RevisionWorld {
  pool(namespace: string, name: string): PodPoolResource | undefined;
  readonly secrets: Pick<Secrets, 'value'>;
  digestSecret(value: string): string;
}

/** The newest revision of a function that is known. */
export interface KnownRevision {
  readonly number: number;
  readonly template: string;
  readonly content: string;
}

/** The revision that a Function describes now: the newest known one where nothing changed, else the next number. @throws PlatformError SECRET_MISSING, NO_CAPACITY (its pod pool is missing or does not fit) */
export function resolveRevision(fn: FunctionResource, newest: KnownRevision | undefined, world: RevisionWorld): ResolvedRevision {
  const { spec, metadata } = fn;
  const { env, secretDigests } = resolveEnv(metadata.namespace, spec, world);
  const instanceTemplate = resolveTemplate(fn, world);
  const pool = poolOf(instanceTemplate);
  const template = digestOfTemplate(instanceTemplate);
  const content = contentDigest(spec, secretDigests);
  const same = newest?.template === template && newest.content === content;
  const generation = same ? newest.number : (newest?.number ?? 0) + 1;
  return {
    name: revisionName(metadata.name, generation),
    generation,
    observedGeneration: metadata.generation ?? 1,
    template,
    content,
    instanceTemplate,
    pool,
    spec,
    code: codeOf(spec),
    env,
  };
}

/** The variables with the secrets' values, and one digest a secret. None for a container, whose variables are its template's. @throws PlatformError SECRET_MISSING; SecretPending */
export function resolveEnv(
  namespace: string,
  { runtime, env, secrets }: FunctionResource['spec'],
  world: Pick<RevisionWorld, 'secrets' | 'digestSecret'>,
): { env: Readonly<Record<string, string>>; secretDigests: Readonly<Record<string, string>> } {
  if (runtime === 'container') return { env: {}, secretDigests: {} };
  const values = Object.fromEntries(secrets.map((secret) => [secret.env, world.secrets.value(namespace, secret.name, secret.key)]));
  const secretDigests = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, world.digestSecret(value)]));
  return { env: { ...env, ...values }, secretDigests };
}

/** `<namespace>/<name>` of the pod pool that instances of a template come from; empty for a cold function's own. */
export function poolOf({ namespace, owner }: InstanceTemplate): string {
  return owner.kind === 'PodPool' ? functionName(namespace, owner.name) : '';
}

/** What a revision says of its instances' template. */
export function digestOfTemplate(template: InstanceTemplate): string {
  const { runtime, memoryBytes, placement, container } = template;
  const pool = poolOf(template);
  return templateDigest({ runtime, memoryBytes, ...(placement && { placement }), ...(container && { container }), ...(pool && { pool }) });
}

function resolveTemplate(fn: FunctionResource, world: RevisionWorld): InstanceTemplate {
  const { metadata, spec } = fn;
  const { namespace, name } = metadata;
  const { deployment, runtime } = spec;
  if (deployment.pool === undefined) return coldTemplate(fn);
  const pool = world.pool(namespace, deployment.pool);
  if (!pool)
    throw new PlatformError(
      'NO_CAPACITY',
      `the pod pool "${deployment.pool}" of function ${functionName(namespace, name)} does not exist in namespace ${namespace}: add it to the stack`,
    );
  if (pool.spec.runtime !== runtime) {
    throw new PlatformError(
      'NO_CAPACITY',
      `the pod pool "${deployment.pool}" runs ${pool.spec.runtime} and function ${functionName(namespace, name)} needs ${runtime}: name a pool of that runtime`,
    );
  }
  return poolTemplate(pool);
}
