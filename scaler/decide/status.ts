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
  /** Its package is not verified yet, or what is wrong with it. */
  readonly package?: 'pending' | StatusProblem | undefined;
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
  return conditionSince(previous, { type: 'Ready', ...verdictOf(picture), observedGeneration: picture.generation }, now);
}

function verdictOf(picture: FunctionPicture): Pick<Condition, 'status' | 'reason' | 'message'> {
  const broken = picture.package === 'pending' ? undefined : picture.package;
  const problem = picture.unresolved ?? (picture.rejected ? picture.lastError : undefined) ?? broken ?? picture.obstacle;
  if (problem) return { status: 'False', reason: reasonOf(problem.code), message: problem.message };
  if (picture.package === 'pending') return { status: 'Unknown', reason: 'Verifying', message: 'its package is being read' };
  return { status: 'True', reason: 'Ready', message: '' };
}
