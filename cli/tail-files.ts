import { open, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 250;

/** The last lines of all `*.log` files of a folder by their `time`, then, if it follows, what is added until the signal ends it. */
export async function tailLogs(dir: string, lines: number, follow: boolean, show: (line: string) => void, signal: AbortSignal): Promise<void> {
  const offsets = new Map<string, number>();
  const before: string[] = [];
  for (const file of await logFiles(dir)) {
    const text = await readFile(file, 'utf8');
    offsets.set(file, Buffer.byteLength(text));
    before.push(...text.split('\n').filter((line) => line !== ''));
  }
  before.sort((a, b) => timeOf(a).localeCompare(timeOf(b)));
  if (lines > 0) before.slice(-lines).forEach(show);
  while (follow && !signal.aborted) {
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    for (const file of await logFiles(dir)) {
      const { text, end } = await readFrom(file, offsets.get(file) ?? 0);
      offsets.set(file, end);
      text
        .split('\n')
        .filter((line) => line !== '')
        .forEach(show);
    }
  }
}

/** Whole lines from an offset; a file that has become shorter is read anew. */
async function readFrom(file: string, offset: number): Promise<{ text: string; end: number }> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const from = size < offset ? 0 : offset;
    const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(size - from), position: from });
    const end = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1;
    return { text: buffer.toString('utf8', 0, end), end: from + end };
  } finally {
    await handle.close();
  }
}

async function logFiles(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  return names.filter((name) => name.endsWith('.log')).map((name) => join(dir, name));
}

function timeOf(line: string): string {
  return /"time":"([^"]*)"/.exec(line)?.[1] ?? '';
}
