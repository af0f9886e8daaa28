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
  /** Unfinished after so long it is given up. @default 300_000 */
  readonly wholeMs?: number;
  /** With more it is given up. @default - what the source has */
  readonly maxBytes?: number;
}

/** A source that kept to no limit. */
export class GivenUp extends Error {
  readonly limit: 'time' | 'size';

  constructor(limit: 'time' | 'size', message: string) {
    super(message);
    this.limit = limit;
  }
}

const WHOLE_MS = 300_000;

/**
 * Writes a new file of what a source gives. What is left of one that broke off is for the caller to remove.
 * @throws GivenUp; the source's errors, and the disk's
 */
export async function receiveFile(source: AsyncIterable<Uint8Array>, file: string, limits: ReceiveLimits): Promise<ReceivedFile> {
  const { idleMs, wholeMs = WHOLE_MS, maxBytes = Infinity } = limits;
  const hash = createHash('sha256');
  let bytes = 0;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new GivenUp('time', `no byte came for ${idleMs} ms`)), idleMs);
  const end = setTimeout(() => late.abort(new GivenUp('time', `it took longer than ${wholeMs} ms`)), wholeMs);
  const digested = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      timer.refresh();
      bytes += chunk.length;
      if (bytes > maxBytes) throw new GivenUp('size', `it has more than ${maxBytes} bytes`);
      hash.update(chunk);
      yield chunk;
    }
  };
  try {
    const target = createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true });
    await pipeline(source, digested, target, { signal: late.signal });
    return { hex: hash.digest('hex'), bytes };
  } catch (error) {
    throw late.signal.aborted ? late.signal.reason : error;
  } finally {
    clearTimeout(timer);
    clearTimeout(end);
  }
}
