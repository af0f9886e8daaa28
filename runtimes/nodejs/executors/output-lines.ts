import type { Readable } from 'node:stream';
import { LOG_MARK, REQUEST_END, REQUEST_MARK } from '../output-marks.ts';

/** One line that user code printed, or one record of `context.log`. */
export type OutputLine =
  | { readonly kind: 'printed'; readonly line: string; readonly requestId: string | undefined; readonly truncated: boolean }
  | { readonly kind: 'logged'; readonly level: string; readonly message: string; readonly requestId: string | undefined; readonly fields: unknown };

export const MAX_LINE_BYTES = 64 * 1024;
/** A mark before the line does not count as its text. */
const MAX_RAW_BYTES = MAX_LINE_BYTES + 256;

/** Splits an executor's output into lines of at most 64 KiB (W8.1); what a longer line has more is dropped as it comes. */
export function readLines(stream: Readable, onLine: (line: OutputLine) => void): void {
  let parts: Buffer[] = [];
  let size = 0;
  let cut = false;

  const keep = (bytes: Buffer): void => {
    const room = MAX_RAW_BYTES - size;
    if (bytes.length > room) cut = true;
    if (room > 0 && bytes.length > 0) parts.push(bytes.subarray(0, room));
    size += Math.min(room, bytes.length);
  };
  const end = (): void => {
    const line = parseLine(Buffer.concat(parts), cut);
    parts = [];
    size = 0;
    cut = false;
    onLine(line);
  };

  stream.on('data', (chunk: Buffer) => {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      keep(chunk.subarray(from, at));
      end();
      from = at + 1;
    }
    if (from < chunk.length) keep(Buffer.from(chunk.subarray(from)));
  });
  stream.on('end', () => size > 0 && end());
}

/** Takes the executor's marks off a raw line. */
export function parseLine(raw: Buffer, cut: boolean): OutputLine {
  const text = raw.toString('utf8');
  if (text.startsWith(LOG_MARK) && !cut) {
    const record = parseRecord(text.slice(1));
    if (record) return record;
  }
  const markEnd = text.startsWith(REQUEST_MARK) ? text.indexOf(REQUEST_END) : -1;
  const requestId = markEnd > 0 && markEnd <= 130 ? text.slice(1, markEnd) : undefined;
  const line = requestId === undefined ? text : text.slice(markEnd + 1);
  const bytes = Buffer.from(line);
  const truncated = cut || bytes.length > MAX_LINE_BYTES;
  return {
    kind: 'printed',
    requestId,
    truncated,
    line: truncated
      ? bytes
          .subarray(0, MAX_LINE_BYTES)
          .toString('utf8')
          .replace(/\ufffd+$/, '')
      : line,
  };
}

function parseRecord(json: string): OutputLine | undefined {
  try {
    const { level, message, requestId, fields } = JSON.parse(json) as Record<string, unknown>;
    const known = ['debug', 'info', 'warn', 'error'].includes(String(level));
    return {
      kind: 'logged',
      level: known ? String(level) : 'info',
      message: String(message),
      requestId: typeof requestId === 'string' ? requestId : undefined,
      fields,
    };
  } catch {
    return undefined;
  }
}
