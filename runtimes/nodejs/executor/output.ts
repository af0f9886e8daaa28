import { AsyncLocalStorage } from 'node:async_hooks';
import type { Writable } from 'node:stream';
import { LOG_MARK, REQUEST_END, REQUEST_MARK } from '../output-marks.ts';
import type { Fields, Level } from '../log.ts';

/** Ties what is printed to the request that printed it, through the marks that the supervisor takes off again. */
export interface Output {
  /** Runs user code so that its output is known to be of this request. */
  run<T>(requestId: string, code: () => T): T;
  log(level: Level, message: string, requestId: string, fields: Fields | undefined): void;
}

/** Takes over `process.stdout` and `process.stderr`; `console` writes through them. */
export function captureOutput(): Output {
  const current = new AsyncLocalStorage<string>();
  const writeOut = mark(process.stdout, () => current.getStore());
  mark(process.stderr, () => current.getStore());
  return {
    run: (requestId, code) => current.run(requestId, code),
    log: (level, message, requestId, fields) => writeOut(`${LOG_MARK}${JSON.stringify({ level, message, requestId, fields })}\n`),
  };
}

type WriteArguments = [chunk: string | Uint8Array, encoding?: BufferEncoding | ((error?: Error | null) => void), done?: (error?: Error | null) => void];

function mark(stream: Writable & { _handle?: { setBlocking?(on: boolean): void } }, requestId: () => string | undefined): (text: string) => void {
  // A pipe is asynchronous by default: what user code prints faster than it is read would fill our memory, and be lost when the process exits.
  stream._handle?.setBlocking?.(true);
  const write = stream.write.bind(stream) as (...args: WriteArguments) => boolean;
  let atLineStart = true;

  stream.write = ((...[chunk, encoding, done]: WriteArguments) => {
    const id = requestId();
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('utf8');
    if (text === '') return write(chunk, encoding, done);
    const prefix = id === undefined ? '' : `${REQUEST_MARK}${id}${REQUEST_END}`;
    const marked = prefix === '' ? text : `${atLineStart ? prefix : ''}${text.replace(/\n(?!$)/g, `\n${prefix}`)}`;
    atLineStart = text.endsWith('\n');
    return write(marked, 'utf8', typeof encoding === 'function' ? encoding : done);
  }) as typeof stream.write;

  return (text) => {
    write(atLineStart ? text : `\n${text}`);
    atLineStart = true;
  };
}
