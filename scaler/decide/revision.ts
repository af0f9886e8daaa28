import { digestOfJson } from '../../protocol/digest.ts';
import { codeOf, type FunctionSpec } from '../../protocol/schema/function.ts';
import type { FunctionRuntime } from '../../protocol/schema/fields.ts';
import type { Placement } from '../../protocol/schema/placement.ts';
import type { ContainerTemplate } from '../../kit/fleet/fleet.ts';

/** What an instance is made from, whoever it will serve. */
export interface TemplateParts {
  readonly runtime: FunctionRuntime;
  readonly memoryBytes: number;
  readonly placement?: Placement;
  readonly container?: ContainerTemplate;
  /** `<namespace>/<name>` of the pod pool; absent for a cold function. */
  readonly pool?: string;
}

/** Digest of what needs new instances when it changes. */
export function templateDigest(parts: TemplateParts): string {
  return digestOfJson(parts);
}

/**
 * Digest of what running instances take over: code, handler, environment, secrets' values and the watcher's limits. `secretDigests` has one digest a variable, never a value.
 * A container takes over nothing; what is left are limits that gateways hold it to.
 */
export function contentDigest(spec: FunctionSpec, secretDigests: Readonly<Record<string, string>>): string {
  const { env, timeout, concurrency, bodyLimit } = spec;
  const limits = { timeout, concurrency, bodyLimit };
  const code = codeOf(spec);
  if (!code) return digestOfJson(limits);
  const { handler, signature, mode } = code;
  return digestOfJson({ package: code.package.digest, handler, signature, mode, env, secrets: secretDigests, ...limits });
}

/** `hello-00007`: the number rises with every revision of a function. */
export function revisionName(functionName: string, number: number): string {
  return `${functionName}-${String(number).padStart(5, '0')}`;
}

/** The number in a revision's name; 0 if there is none. */
export function revisionNumber(name: string): number {
  return Number(/-(\d+)$/.exec(name)?.[1] ?? 0);
}

export const REVISION_HISTORY = 10;

/** Names of the revisions beyond the newest `limit`. */
export function revisionsToPrune(names: readonly string[], limit: number = REVISION_HISTORY): string[] {
  return [...names].sort((a, b) => revisionNumber(b) - revisionNumber(a)).slice(limit);
}
