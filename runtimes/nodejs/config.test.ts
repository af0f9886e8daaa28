import { expect, test } from 'vitest';
import { parseConfig } from './config.ts';

const GOOD = { FIB_INSTANCE: 'pod-1', FIB_SCRATCH: '/scratch', FIB_PUBLIC_KEY: Buffer.alloc(32, 7).toString('base64url') };
const parse = (env: NodeJS.ProcessEnv) => parseConfig(env, () => undefined);

test('the defaults', () => {
  expect(parse(GOOD)).toEqual({
    kind: 'ok',
    config: {
      instance: 'pod-1',
      scratch: '/scratch',
      publicKey: GOOD.FIB_PUBLIC_KEY,
      host: '0.0.0.0',
      dataPort: 8080,
      controlPort: 8081,
      memoryLimitBytes: undefined,
    },
  });
});

test('an id may have its namespace before it', () => {
  expect(parse({ ...GOOD, FIB_INSTANCE: 'shop/pod-1' })).toMatchObject({ kind: 'ok', config: { instance: 'shop/pod-1' } });
});

test.each([
  ['FIB_INSTANCE', { FIB_INSTANCE: '' }],
  ['FIB_INSTANCE', { FIB_INSTANCE: 'two words' }],
  ['FIB_SCRATCH', { FIB_SCRATCH: undefined }],
  ['FIB_PUBLIC_KEY', { FIB_PUBLIC_KEY: Buffer.alloc(31).toString('base64url') }],
  ['FIB_DATA_PORT', { FIB_DATA_PORT: '65536' }],
  ['FIB_CONTROL_PORT', { FIB_CONTROL_PORT: '80 ' }],
  ['FIB_MEMORY_LIMIT_BYTES', { FIB_MEMORY_LIMIT_BYTES: '0' }],
])('%s is refused without telling its value', (name, change) => {
  const result = parse({ ...GOOD, ...change });
  expect(result).toEqual({ kind: 'invalid', problems: [expect.stringMatching(new RegExp(`^${name} must`))] });
});
