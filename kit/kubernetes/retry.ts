/** Waits that an API server asks for are honoured up to this long … */
const MAX_WAIT_MS = 10_000;
/** … and this often. */
const MAX_ATTEMPTS = 4;

export interface FailedRequest {
  /** 1 = the first. */
  readonly attempt: number;
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  /** Code of the connection's error, where there was no answer. */
  readonly code: string | undefined;
  readonly method: string;
}

/**
 * How long to wait before a request is sent again; undefined = give up.
 * 429 and 503 with `Retry-After` mean that the request was not looked at (Kubernetes, "API Priority and Fairness"). A reading request whose idle connection turned out to be closed goes again at once; a changed credential (401) is tried once.
 */
export function retryDelayMs({ attempt, status, retryAfterMs, code, method }: FailedRequest): number | undefined {
  if (status === 401) return attempt === 1 ? 0 : undefined;
  if (status === 0) return attempt === 1 && method === 'GET' && (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET') ? 0 : undefined;
  if ((status !== 429 && status !== 503) || retryAfterMs === undefined) return undefined;
  return attempt < MAX_ATTEMPTS && retryAfterMs <= MAX_WAIT_MS ? retryAfterMs : undefined;
}
