import { expect, test } from 'vitest';
import { describeBucketFailure, isPassing } from './bucket-problem.ts';

const place = { endpoint: 'https://s3.example.com', bucket: 'packages', region: 'eu-1' };

test.each([
  [{ status: 404, code: 'NoSuchBucket' }, /is not there \(404 NoSuchBucket\): make it, or correct artifacts\.s3\.bucket/],
  [{ status: 403, code: 'InvalidAccessKeyId' }, /does not know these credentials \(403 InvalidAccessKeyId\): correct the Secret/],
  [{ status: 403, code: 'SignatureDoesNotMatch' }, /does not know these credentials/],
  [{ status: 403, code: 'AccessDenied' }, /does not allow it \(403 AccessDenied\): let these credentials get and put its objects/],
  [{ status: 403 }, /does not allow it \(403\)/],
  [{ status: 403, code: 'RequestTimeTooSkewed' }, /correct the clock/],
  [{ status: 400, code: 'AuthorizationHeaderMalformed' }, /is not in region "eu-1".*correct artifacts\.s3\.region/],
  [{ status: 301 }, /is not in region "eu-1", or has another endpoint \(301\)/],
  [{ status: 503, code: 'SlowDown' }, /fails \(503 SlowDown\): try again/],
  [{ status: 404 }, /refuses the request \(404\): see that the endpoint is an S3 server/],
  [{ code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 10.0.0.1:443' }, /is not reached \(connect ECONNREFUSED 10\.0\.0\.1:443\).*artifacts\.s3\.egress/],
  [{ code: 'CERT_HAS_EXPIRED', message: 'certificate has expired' }, /is not reached \(CERT_HAS_EXPIRED: certificate has expired\)/],
])('%o: the bucket, what it said, and the way out', (failure, text) => {
  const message = describeBucketFailure(failure, place);
  expect(message).toMatch(text);
  expect(message).toMatch(/^bucket "packages" at https:\/\/s3\.example\.com /);
});

test.each([
  [{ message: 'reset' }, true],
  [{ code: 'UND_ERR_CONNECT_TIMEOUT' }, false],
  [{ status: 500 }, true],
  [{ status: 429 }, true],
  [{ status: 403, code: 'AccessDenied' }, false],
  [{ status: 404, code: 'NoSuchBucket' }, false],
])('%o is worth another try: %s', (failure, passing) => {
  expect(isPassing(failure)).toBe(passing);
});
