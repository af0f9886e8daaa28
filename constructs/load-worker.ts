import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parentPort } from 'node:worker_threads';
import type { ErrorCode } from '../protocol/errors.ts';
// What nearly every stack file imports: it is there when the order comes.
import './index.ts';
import { loadStack, type LoadOptions } from './loader.ts';
import type { SynthResult } from './synth/object.ts';
import { isPlatformError } from './synth/problem.ts';
import { isUserFile } from './user-file.ts';

/** What the worker of `load-fresh.ts` is told, once. */
export interface LoadOrder {
  readonly file: string;
  readonly options: LoadOptions;
}

/** A stack with what was read to load it. */
export interface FreshResult extends SynthResult {
  /** Absolute paths of the stack file and the local modules that were imported with it. `sources` has them, too. */
  readonly modules: readonly string[];
}

/** What it sends back, once. */
export type LoadReply =
  | { readonly kind: 'loaded'; readonly result: FreshResult }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string; readonly details: Readonly<Record<string, unknown>> };

parentPort?.once('message', (order: LoadOrder) => void carryOut(order));

async function carryOut(order: LoadOrder): Promise<void> {
  const reply = await load(order);
  // The thread is ended once it has replied: what the stack printed goes first.
  await new Promise<void>((flushed) => void process.stdout.write('', () => flushed()));
  parentPort?.postMessage(reply);
}

async function load({ file, options }: LoadOrder): Promise<LoadReply> {
  const imported = new Set([resolve(file)]);
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const path = resolved.url.startsWith('file:') ? fileURLToPath(resolved.url) : undefined;
      if (path !== undefined && isUserFile(path)) imported.add(path);
      return resolved;
    },
  });
  try {
    const result = await loadStack(file, options);
    return { kind: 'loaded', result: { ...result, modules: [...imported], sources: [...new Set([...imported, ...result.sources])] } };
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
