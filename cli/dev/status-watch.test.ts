import { describe, expect, it } from 'vitest';
import type { FunctionStatus } from '../../protocol/schema/function.ts';
import { decideNotices } from './status-watch.ts';

const ready = (status: 'True' | 'False', reason = 'Ready', message = ''): FunctionStatus => ({
  conditions: [{ type: 'Ready', status, reason, message, observedGeneration: 1, lastTransitionTime: '' }],
});
const loadError = { code: 'LOAD_FAILED', message: 'index.mjs:2: SyntaxError', time: '2026-01-01T00:00:00Z' };
const well = { error: '', notReady: '' };

describe('what fib dev says of a function', () => {
  it('nothing while it is well', () => {
    expect(decideNotices('default/hello', well, ready('True'))).toEqual([]);
  });

  it('an error once, though the condition says the same', () => {
    const status = { ...ready('False', 'LoadFailed', loadError.message), lastError: loadError };
    expect(decideNotices('default/hello', well, status)).toEqual([
      { kind: 'problem', function: 'default/hello', code: 'LOAD_FAILED', message: loadError.message },
    ]);
    const seen = { error: `${loadError.time} ${loadError.message}`, notReady: `LoadFailed ${loadError.message}` };
    expect(decideNotices('default/hello', seen, status)).toEqual([]);
  });

  it('why it is not ready, where no error says so', () => {
    expect(decideNotices('default/hello', well, ready('False', 'SecretMissing', 'add the line'))).toMatchObject([
      { code: 'SecretMissing', message: 'add the line' },
    ]);
  });

  it('that it is well again', () => {
    expect(decideNotices('default/hello', { error: '', notReady: 'LoadFailed x' }, ready('True'))).toEqual([{ kind: 'recovered', function: 'default/hello' }]);
  });
});
