import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import type { ErrorCode } from '../protocol/errors.ts';
import { loadStack, type LoadOptions } from './loader.ts';
import type { SynthResult } from './synth/object.ts';
import { isPlatformError } from './synth/problem.ts';
import { isUserFile } from './user-file.ts';

/** What the worker of `loadStackFresh` sends back, once. */
export type LoadReply =
  | { readonly kind: 'loaded'; readonly result: SynthResult }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly details: Readonly<Record<string, unknown>> };

const { file, options } = workerData as { file: string; options: LoadOptions };
const imported = new Set([resolve(file)]);

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const path = resolved.url.startsWith('file:') ? fileURLToPath(resolved.url) : undefined;
    if (path !== undefined && isUserFile(path)) imported.add(path);
    return resolved;
  },
});
const reply = await load();
// The thread is ended once it has replied: what the stack printed goes first.
await new Promise<void>((flushed) => void process.stdout.write('', () => flushed()));
parentPort?.postMessage(reply);

async function load(): Promise<LoadReply> {
  try {
    const result = await loadStack(file, options);
    return { kind: 'loaded', result: { ...result, sources: [...new Set([...imported, ...result.sources])] } };
  } catch (error) {
    if (!isPlatformError(error)) throw error;
    return {
      kind: 'failed',
      code: error.code,
      message: error.message,
      details: { ...error.details, sources: [...imported, ...((error.details['sources'] as string[] | undefined) ?? [])] },
    };
  }
}
