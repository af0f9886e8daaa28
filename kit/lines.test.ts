import { expect, test } from 'vitest';
import { createLineReader } from './lines.ts';

function read(chunks: readonly string[], maxBytes = 10) {
  const lines: string[] = [];
  let tooLong = 0;
  const reader = createLineReader({ maxBytes, onLine: (line) => lines.push(line), onTooLong: () => tooLong++ });
  for (const chunk of chunks) reader(Buffer.from(chunk));
  return { lines, tooLong };
}

test.each([
  ['several lines in a chunk', ['a\nb\n'], ['a', 'b']],
  ['a line over several chunks', ['a', 'b', 'c\nd'], ['abc']],
  ['empty lines are left out', ['\n\na\n\n'], ['a']],
])('%s', (_name, chunks, lines) => {
  expect(read(chunks).lines).toEqual(lines);
});

test('a line over the bound is told once and ends the reading', () => {
  expect(read(['12345678901', '2\nafter\n'])).toEqual({ lines: [], tooLong: 1 });
  expect(read(['1234567890\n']).lines).toEqual(['1234567890']);
});

test('bytes of one character in two chunks', () => {
  const lines: string[] = [];
  const reader = createLineReader({ maxBytes: 10, onLine: (line) => lines.push(line), onTooLong() {} });
  const bytes = Buffer.from('é\n');
  reader(bytes.subarray(0, 1));
  reader(bytes.subarray(1));
  expect(lines).toEqual(['é']);
});
