import { expect, it } from 'vitest';
import { renderLogLine } from './log-line.ts';

const plain = { paint: (_style: unknown, text: string) => text };

it('shows what a function printed, with its name and the time', () => {
  const line = JSON.stringify({
    time: '2026-01-01T10:11:12.345Z',
    level: 'info',
    msg: 'function output',
    function: 'default/hello',
    requestId: 'r1',
    line: 'said hi',
  });
  expect(renderLogLine(line, plain)).toBe('10:11:12.345 default/hello said hi');
});

it('shows a message with its fields', () => {
  const line = JSON.stringify({
    time: '2026-01-01T10:11:12.345Z',
    level: 'error',
    msg: 'invocation failed',
    function: 'default/hello',
    code: 'FUNCTION_ERROR',
    durationMs: 3,
  });
  expect(renderLogLine(line, plain)).toBe('10:11:12.345 default/hello invocation failed code=FUNCTION_ERROR durationMs=3');
});

it('leaves a line that is not JSON as it is', () => {
  expect(renderLogLine('plain text', plain)).toBe('plain text');
});
