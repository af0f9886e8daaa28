import { expect, test } from 'vitest';
import { createLog } from './log.ts';

const NOW = () => new Date('2026-01-02T03:04:05.678Z');

function sink() {
  const written: string[] = [];
  return { written, writableLength: 0, write: (text: string, done?: () => void) => (written.push(text), done?.()) };
}

test('one JSON object a line', () => {
  const out = sink();
  createLog(out, NOW).write('info', 'listening', { port: 1 });
  expect(out.written).toEqual(['{"time":"2026-01-02T03:04:05.678Z","level":"info","msg":"listening","port":1}\n']);
});

test('a reader that does not keep up loses lines and is told how many', () => {
  const out = sink();
  const log = createLog(out, NOW);
  out.writableLength = 2 * 1024 * 1024;
  for (let line = 0; line < 1000; line += 1) log.write('info', 'function output', { line: 'x' });
  expect(out.written).toEqual([]);
  out.writableLength = 0;
  log.write('info', 'next');
  expect(out.written.map((line) => JSON.parse(line) as object)).toMatchObject([{ level: 'warn', msg: 'log lines dropped', count: 1000 }, { msg: 'next' }]);
});
