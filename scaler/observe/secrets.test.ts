import { expect, test } from 'vitest';
import { createSecretDigest, parseEnvFile, secretVariable } from './secrets.ts';

test.each([
  { line: 'DB__PASSWORD=s3cret', value: 's3cret' },
  { line: 'export DB__PASSWORD = s3cret  # ours', value: 's3cret' },
  { line: 'DB__PASSWORD="with # and spaces "', value: 'with # and spaces ' },
  { line: "DB__PASSWORD='a=b'", value: 'a=b' },
  { line: 'DB__PASSWORD=a#b', value: 'a#b' },
  { line: 'DB__PASSWORD=', value: '' },
])('$line gives "$value"', ({ line, value }) => {
  expect(parseEnvFile(`# comment\n\n${line}\r\nOTHER=1\n`).get('DB__PASSWORD')).toBe(value);
});

test('dashes and dots of secret and key become underscores', () => {
  expect(secretVariable('api-keys', 'stripe.live-key')).toBe('API_KEYS__STRIPE_LIVE_KEY');
});

test('a digest tells equal values from different ones, and not without its key', () => {
  const digest = createSecretDigest(Buffer.alloc(32, 1));
  expect(digest('a')).toBe(digest('a'));
  expect(digest('a')).not.toBe(digest('b'));
  expect(digest('a')).not.toBe(createSecretDigest(Buffer.alloc(32, 2))('a'));
});
