import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createLineReader } from '../../kit/lines.ts';

export interface LogTailOptions {
  /** Folder with one `<instance>.log` each; its lines are JSON. */
  readonly dir: string;
  /** `<namespace>/<name>`; undefined = all functions. */
  readonly function: string | undefined;
  /** Lines from before, newest last. */
  readonly lines: number;
  readonly follow: boolean;
}

/** What is looked at of each file for lines from before. */
const TAIL_BYTES = 1024 * 1024;
const POLL_MS = 250;
const MAX_LINE_BYTES = 1024 * 1024;

/** Writes lines that fit to `write`, oldest first; then, if it follows, new ones until the signal ends it. */
export async function tailLogs({ dir, function: wanted, lines, follow }: LogTailOptions, write: (line: string) => void, signal: AbortSignal): Promise<void> {
  const offsets = new Map<string, number>();
  const before: string[] = [];
  for (const file of await logFiles(dir)) {
    const { size } = await stat(join(dir, file));
    const from = Math.max(0, size - TAIL_BYTES);
    offsets.set(file, await readLines(join(dir, file), from, from > 0, (line) => isOf(line, wanted) && before.push(line)));
  }
  for (const line of before.sort(byTime).slice(lines === 0 ? before.length : -lines)) write(line);
  while (follow && !signal.aborted) {
    await pause(POLL_MS, signal);
    for (const file of await logFiles(dir)) {
      const size = await stat(join(dir, file)).then(
        (found) => found.size,
        () => 0,
      );
      const known = offsets.get(file) ?? 0;
      if (size === known) continue;
      offsets.set(file, await readLines(join(dir, file), size < known ? 0 : known, false, (line) => isOf(line, wanted) && write(line)));
    }
  }
}

/** Reads whole lines from an offset; the offset behind the last whole line comes back, so that one that is being written is read next time. */
async function readLines(file: string, from: number, inTheMiddle: boolean, onLine: (line: string) => void): Promise<number> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return from;
  let skip = inTheMiddle;
  let offset = from;
  let read = from;
  const reader = createLineReader({
    maxBytes: MAX_LINE_BYTES,
    onLine: (line) => {
      if (!skip) onLine(line);
      skip = false;
    },
    onTooLong() {},
  });
  try {
    for await (const chunk of handle.createReadStream({ start: from, autoClose: false }) as AsyncIterable<Buffer>) {
      reader(chunk);
      const end = chunk.lastIndexOf(10);
      if (end >= 0) offset = read + end + 1;
      read += chunk.length;
    }
  } finally {
    await handle.close();
  }
  return offset;
}

async function logFiles(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  return names.filter((name) => name.endsWith('.log')).sort();
}

function isOf(line: string, wanted: string | undefined): boolean {
  if (wanted === undefined) return true;
  if (!line.includes(wanted)) return false;
  try {
    return (JSON.parse(line) as { function?: unknown }).function === wanted;
  } catch {
    return false;
  }
}

function byTime(a: string, b: string): number {
  const [left, right] = [timeOf(a), timeOf(b)];
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function timeOf(line: string): string {
  return /"time":"([^"]*)"/.exec(line)?.[1] ?? '';
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
}
