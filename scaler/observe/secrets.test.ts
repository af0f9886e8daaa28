import { expect, test } from 'vitest';
import { createSecretDigest } from './secrets.ts';

test('a digest tells equal values from different ones, and not without its key', () => {
  const digest = createSecretDigest(Buffer.alloc(32, 1));
  expect(digest('a')).toBe(digest('a'));
  expect(digest('a')).not.toBe(digest('b'));
  expect(digest('a')).not.toBe(createSecretDigest(Buffer.alloc(32, 2))('a'));
});
