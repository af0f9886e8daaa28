import type { FunctionStatus } from '../../protocol/schema/function.ts';
import { type Condition, conditionSince, reasonOf } from './conditions.ts';

export interface StatusProblem {
  readonly code: string;
  readonly message: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface FunctionPicture {
  readonly generation: number;
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly revision?: string | undefined;
  readonly url?: string | undefined;
  /** The newest content did not load. */
  readonly rejected: boolean;
  /** It cannot be told what to run. */
  readonly unresolved?: StatusProblem | undefined;
  readonly lastError?: StatusProblem | undefined;
  /** Why instances cannot come now. */
  readonly obstacle?: { readonly code: string; readonly message: string } | undefined;
}

/** The status of a Function. `Ready` is about what the Function says now: it is true at zero replicas, and false while older code serves in place of one that does not load. */
export function decideFunctionStatus(picture: FunctionPicture, previous: FunctionStatus | undefined, now: Date): FunctionStatus {
  const { generation, replicas, readyReplicas, revision, url } = picture;
  const lastError = picture.unresolved ?? picture.lastError;
  return {
    observedGeneration: generation,
    conditions: [readiness(picture, previous?.conditions, now)],
    replicas,
    readyReplicas,
    ...(revision !== undefined && { revision }),
    ...(url !== undefined && { url }),
    ...(lastError && { lastError: { code: lastError.code, message: lastError.message.slice(0, 4096), time: new Date(lastError.at).toISOString() } }),
  };
}

function readiness(picture: FunctionPicture, previous: FunctionStatus['conditions'], now: Date): Condition {
  const problem = picture.unresolved ?? (picture.rejected ? picture.lastError : undefined) ?? picture.obstacle;
  const verdict = problem
    ? { status: 'False' as const, reason: reasonOf(problem.code), message: problem.message }
    : { status: 'True' as const, reason: 'Ready', message: '' };
  return conditionSince(previous, { type: 'Ready', ...verdict, observedGeneration: picture.generation }, now);
}
