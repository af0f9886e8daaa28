import { PlatformError } from '../../protocol/errors.ts';

/** What the API server answered other than 2xx; or no answer at all (status 0, reason `Unreachable`). */
export class KubernetesError extends Error {
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** Of the Status object, such as `NotFound`, `AlreadyExists`, `Conflict`, `Invalid`, `Expired`; `Unreachable` where there was no answer. */
  readonly reason: string;
  /** The Status object, or the text that came instead. */
  readonly body: unknown;
  /** The answer's `Retry-After`, where it had one. */
  readonly retryAfterMs: number | undefined;

  constructor(input: { status: number; reason: string; message: string; body?: unknown; retryAfterMs?: number | undefined; cause?: unknown }) {
    super(input.message, input.cause === undefined ? undefined : { cause: input.cause });
    this.name = 'KubernetesError';
    this.status = input.status;
    this.reason = input.reason;
    this.body = input.body;
    this.retryAfterMs = input.retryAfterMs;
  }
}

/** `metav1.Status`, as far as we read it. */
export interface Status {
  readonly kind: 'Status';
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
}

export function isStatus(value: unknown): value is Status {
  return value !== null && typeof value === 'object' && (value as { kind?: unknown }).kind === 'Status';
}

/** The error that an answer's status and text stand for; its message is the API server's own. */
export function answeredError(what: string, status: number, text: string, retryAfter: string | undefined): KubernetesError {
  const body = parseJson(text);
  const { message, reason } = isStatus(body) ? body : {};
  const seconds = Number(retryAfter);
  return new KubernetesError({
    status,
    reason: reason ?? `HTTP${status}`,
    message: message ?? `${what} answered ${status}${text ? `: ${text.slice(0, 500)}` : ''}`,
    body,
    retryAfterMs: retryAfter !== undefined && seconds >= 0 ? seconds * 1000 : undefined,
  });
}

/** The error for a request that got no answer, or lost it on the way. */
export function unreachableError(what: string, cause: unknown): Error {
  if (cause instanceof KubernetesError || cause instanceof PlatformError) return cause;
  const { code, message } = cause as { code?: unknown; message?: string };
  const detail = typeof code === 'string' && !message?.includes(code) ? `${code} ${message ?? ''}`.trim() : (message ?? String(cause));
  return new KubernetesError({ status: 0, reason: 'Unreachable', message: `${what} got no answer: ${detail}`, cause });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
