import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { PlatformError } from '../protocol/errors.ts';
import type { LoadOptions } from './loader.ts';
import type { LoadReply } from './load-worker.ts';
import type { SynthResult } from './synth/object.ts';

/**
 * As `loadStack`, in a worker thread of its own: the stack file and everything that it imports are read anew. `sources` also lists the local modules that were imported.
 * What the stack prints goes to stderr.
 *
 * @throws PlatformError as `loadStack`; `details.sources` lists the files to watch for the correction
 */
export async function loadStackFresh(file: string, options: LoadOptions = {}): Promise<SynthResult> {
  const worker = new Worker(new URL(`./load-worker${extname(import.meta.url)}`, import.meta.url), {
    workerData: { file, options },
    stdout: true,
    execArgv: [],
  });
  // What a stack prints must not stand in the middle of a command's output.
  worker.stdout.pipe(process.stderr, { end: false });
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
  try {
    const reply = await promise;
    if (reply.kind === 'loaded') return reply.result;
    throw new PlatformError(reply.code, reply.message, { details: reply.details });
  } finally {
    await worker.terminate();
  }
}
