import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { PlatformError } from '../protocol/errors.ts';
import type { LoadOptions } from './loader.ts';
import type { FreshResult, LoadOrder, LoadReply } from './load-worker.ts';

/** Loads stack files again and again, each time in a thread of its own. */
export interface FreshLoader {
  /** As `loadStackFresh`. */
  load(file: string, options?: LoadOptions): Promise<FreshResult>;
  /** Gets the next thread ready, with this library in it: the next `load` reads the stack's own files alone. It keeps no process alive. */
  prepare(): void;
  close(): Promise<void>;
}

/**
 * As `loadStack`, in a worker thread of its own: the stack file and everything that it imports are read anew. `sources` also lists the local modules that were imported.
 * What the stack prints goes to stderr.
 *
 * @throws PlatformError as `loadStack`; `details.sources` lists the files to watch for the correction
 */
export async function loadStackFresh(file: string, options: LoadOptions = {}): Promise<FreshResult> {
  return loadIn(startWorker(), { file, options });
}

export function createFreshLoader(): FreshLoader {
  let spare: Worker | undefined;
  const take = () => {
    const worker = spare;
    spare = undefined;
    worker?.ref();
    return worker;
  };
  return {
    load: (file, options = {}) => loadIn(take() ?? startWorker(), { file, options }),
    prepare() {
      if (spare) return;
      const worker = startWorker();
      worker.unref();
      // Where it cannot start, the next load says so.
      worker.once('error', () => undefined);
      worker.once('exit', () => (spare = spare === worker ? undefined : spare));
      spare = worker;
    },
    close: async () => void (await take()?.terminate()),
  };
}

function startWorker(): Worker {
  return new Worker(new URL(`./load-worker${extname(import.meta.url)}`, import.meta.url), { stdout: true, execArgv: [] });
}

async function loadIn(worker: Worker, order: LoadOrder): Promise<FreshResult> {
  const { file } = order;
  const { promise, resolve, reject } = Promise.withResolvers<LoadReply>();
  worker.once('message', resolve);
  worker.once('error', reject);
  worker.once('exit', (code) =>
    reject(
      new PlatformError('STACK_LOAD_FAILED', `${file} ended the process that loads it with code ${code}: a stack file must not call process.exit`, {
        details: { file, sources: [file] },
      }),
    ),
  );
  // What a stack prints must not stand in the middle of a command's output. Only now: a pipe would keep the process of a thread that waits alive.
  worker.stdout.pipe(process.stderr, { end: false });
  worker.postMessage(order);
  try {
    const reply = await promise;
    if (reply.kind === 'loaded') return reply.result;
    throw new PlatformError(reply.code, reply.message, { details: reply.details });
  } finally {
    await worker.terminate();
  }
}
