import { expect, test } from 'vitest';
import { parseEnvFile, secretVariable } from './secrets-file.ts';

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
