import { KubernetesError } from '../../kit/kubernetes/error.ts';
import { type ErrorCode, PlatformError } from '../../protocol/errors.ts';

/** What was tried, as RBAC names it. */
export interface Attempt {
  readonly verb: string;
  /** Plural with its group: `functions.fibonacci.dev`, `configmaps`. */
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly context: string;
}

/** Who says so in the message of an RBAC refusal (Kubernetes, "Using RBAC Authorization"). */
const RBAC_REFUSAL = /^.*User "([^"]+)" cannot /;

/** One field that another manager owns. */
export interface FieldConflict {
  readonly manager: string;
  readonly field: string;
}

/**
 * Failures that are about the cluster and not about the object: it does not answer, does not know us, or does not let us.
 * Anything else comes back as it is: admission refuses with 403, too.
 */
export function toClusterError(error: unknown, attempt: Attempt): unknown {
  if (!(error instanceof KubernetesError)) return error;
  const { verb, resource, namespace, context } = attempt;
  const failure = (code: ErrorCode, message: string) => new PlatformError(code, message, { details: { ...attempt, status: error.status }, cause: error });
  if (error.status === 0) return failure('CLUSTER_UNREACHABLE', `context ${context}: ${error.message}`);
  if (error.status === 401)
    return failure('CLUSTER_FORBIDDEN', `context ${context}: the API server does not know who you are: sign in again, or choose another context`);
  const user = error.status === 403 ? RBAC_REFUSAL.exec(error.message)?.[1] : undefined;
  if (user === undefined) return error;
  const where = namespace === undefined ? 'in the whole cluster' : `in namespace ${namespace}`;
  return failure(
    'CLUSTER_FORBIDDEN',
    `${user} may not ${verb} ${resource} ${where} (context ${context}): ask who administers the cluster for a role with this verb`,
  );
}

/** The fields that other managers own, from the answer to a server-side apply (Kubernetes, "Server-Side Apply", Conflicts). */
export function fieldConflictsOf(error: KubernetesError): FieldConflict[] {
  const causes = (error.body as { details?: { causes?: readonly Cause[] } } | undefined)?.details?.causes ?? [];
  return causes
    .filter(({ reason }) => reason === 'FieldManagerConflict')
    .map(({ field = '', message = '' }) => ({ field, manager: /conflict with "([^"]*)"/.exec(message)?.[1] ?? message }));
}

/** The reason in an answer, without what names the object once more. */
export function refusalOf(error: KubernetesError): string {
  return error.message.replace(/^.*? (is invalid|is forbidden): /, '');
}

interface Cause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}
