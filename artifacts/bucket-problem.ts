/** What is known of a request to a bucket that failed. */
export interface BucketFailure {
  /** Of the answer; absent where none came. */
  readonly status?: number;
  /** S3's own word, such as `NoSuchBucket`; of a connection, the system's, such as `ECONNREFUSED`. */
  readonly code?: string;
  /** Of a connection. */
  readonly message?: string;
}

export interface BucketPlace {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
}

const CREDENTIALS = new Set(['InvalidAccessKeyId', 'XAdminUserNotFound', 'SignatureDoesNotMatch', 'InvalidToken', 'ExpiredToken', 'TokenRefreshRequired']);
const REGION = new Set(['AuthorizationHeaderMalformed', 'PermanentRedirect', 'TemporaryRedirect', 'Redirect', 'IncorrectEndpoint']);

/** What to tell, with the way out. Never what the server said besides its code: that may repeat the request. */
export function describeBucketFailure({ status, code = '', message = '' }: BucketFailure, { endpoint, bucket, region }: BucketPlace): string {
  const it = `bucket ${JSON.stringify(bucket)} at ${endpoint}`;
  if (status === undefined) {
    const reason = message.includes(code) ? message : `${code}: ${message}`;
    return `${it} is not reached (${reason}): see that the endpoint is right, that its server runs, and that network policies let its port through (artifacts.s3.egress)`;
  }
  const answer = `${status}${code === '' ? '' : ` ${code}`}`;
  if (code === 'NoSuchBucket') return `${it} is not there (${answer}): make it, or correct artifacts.s3.bucket`;
  if (CREDENTIALS.has(code))
    return `${it} does not know these credentials (${answer}): correct the Secret of artifacts.s3.credentials, and start the artifact service anew`;
  if (REGION.has(code) || (status >= 300 && status < 400))
    return `${it} is not in region ${JSON.stringify(region)}, or has another endpoint (${answer}): correct artifacts.s3.region or artifacts.s3.endpoint`;
  if (code === 'RequestTimeTooSkewed') return `${it} has another time than the artifact service (${answer}): correct the clock of the node`;
  if (status === 401 || status === 403) return `${it} does not allow it (${answer}): let these credentials get and put its objects, and list it`;
  if (status >= 500 || status === 429) return `${it} fails (${answer}): try again, or see its server’s log`;
  return `${it} refuses the request (${answer}): see that the endpoint is an S3 server, and its log`;
}

/** Whether the same request may well work in a moment. A connection that was waited for has had its time. */
export function isPassing({ status, code }: BucketFailure): boolean {
  return status === undefined ? code !== 'UND_ERR_CONNECT_TIMEOUT' : status >= 500 || status === 429;
}
