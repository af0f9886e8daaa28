import { expect, test } from 'vitest';
import { bucketUrl } from './bucket.ts';

test.each([
  ['https://s3.example.com', true, 'https://s3.example.com/packages'],
  ['https://s3.example.com/', true, 'https://s3.example.com/packages'],
  ['http://minio.storage.svc:9000/base/', true, 'http://minio.storage.svc:9000/base/packages'],
  ['https://s3.example.com', false, 'https://packages.s3.example.com/'],
  ['http://s3.example.com:9000', false, 'http://packages.s3.example.com:9000/'],
])('the bucket of %s, path style %s, is %s', (endpoint, pathStyle, url) => {
  expect(bucketUrl({ endpoint, bucket: 'packages', pathStyle })).toBe(url);
});
