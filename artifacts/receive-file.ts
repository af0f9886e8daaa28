import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** What was written, once the disk has it. */
export interface ReceivedFile {
  readonly hex: string;
  readonly bytes: number;
}

export interface ReceiveLimits {
  /** Without a byte for so long it is given up. */
  readonly idleMs: number;
  /** With more it is given up. @default - what the source has */
  readonly maxBytes?: number;
}

/** Unfinished after so long it is given up. */
const WHOLE_MS = 300_000;

/** Writes a new file of what a source gives. What is left of one that broke off is for the caller to remove. */
export async function receiveFile(source: AsyncIterable<Uint8Array>, file: string, { idleMs, maxBytes = Infinity }: ReceiveLimits): Promise<ReceivedFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  const idle = new AbortController();
  const timer = setTimeout(() => idle.abort(new Error(`no byte came for ${idleMs} ms`)), idleMs);
  const digested = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      timer.refresh();
      bytes += chunk.length;
      if (bytes > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
      hash.update(chunk);
      yield chunk;
    }
  };
  try {
    const target = createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true });
    await pipeline(source, digested, target, { signal: AbortSignal.any([idle.signal, AbortSignal.timeout(WHOLE_MS)]) });
    return { hex: hash.digest('hex'), bytes };
  } finally {
    clearTimeout(timer);
  }
}
