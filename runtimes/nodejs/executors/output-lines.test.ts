import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { LOG_MARK, REQUEST_END, REQUEST_MARK } from '../output-marks.ts';
import { MAX_LINE_BYTES, readLines, type OutputLine } from './output-lines.ts';

async function lines(...chunks: (string | Buffer)[]): Promise<OutputLine[]> {
  const found: OutputLine[] = [];
  const stream = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  readLines(stream, (line) => found.push(line));
  await finished(stream);
  return found;
}

const printed = (line: string, requestId?: string, truncated = false): OutputLine => ({ kind: 'printed', line, requestId, truncated });

test('lines are put together from chunks, the last needs no line feed', async () => {
  expect(await lines('a\nb', 'c\n\nd')).toEqual([printed('a'), printed('bc'), printed(''), printed('d')]);
});

test('a character that is split between chunks stays whole', async () => {
  const bytes = Buffer.from('ü\n');
  expect(await lines(bytes.subarray(0, 1), bytes.subarray(1))).toEqual([printed('ü')]);
});

test('the request’s mark comes off', async () => {
  expect(await lines(`${REQUEST_MARK}r-1${REQUEST_END}text\n`)).toEqual([printed('text', 'r-1')]);
  expect(await lines(`${REQUEST_MARK}no end\n`)).toEqual([printed(`${REQUEST_MARK}no end`)]);
});

test('a long line is cut at 64 KiB, also when it comes in pieces and under a mark', async () => {
  const long = 'x'.repeat(MAX_LINE_BYTES);
  expect(await lines(`${long}\n`)).toEqual([printed(long)]);
  expect(await lines(`${long}y\nz\n`)).toEqual([printed(long, undefined, true), printed('z')]);
  expect(await lines(`${REQUEST_MARK}r${REQUEST_END}`, long, long, '\n')).toEqual([printed(long, 'r', true)]);
});

test('a record of context.log, and one that user code forged badly', async () => {
  expect(await lines(`${LOG_MARK}{"level":"warn","message":"m","requestId":"r","fields":{"a":1}}\n`)).toEqual([
    { kind: 'logged', level: 'warn', message: 'm', requestId: 'r', fields: { a: 1 } },
  ]);
  expect(await lines(`${LOG_MARK}{"level":"fatal","message":1}\n`)).toEqual([
    { kind: 'logged', level: 'info', message: '1', requestId: undefined, fields: undefined },
  ]);
  expect(await lines(`${LOG_MARK}not json\n`)).toEqual([printed(`${LOG_MARK}not json`)]);
});
