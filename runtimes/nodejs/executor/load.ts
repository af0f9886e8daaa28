import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type { LoadOrder } from '../messages.ts';
import { WatcherError } from '../watcher-error.ts';
import type { InvocationContext } from './context.ts';

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer, context: InvocationContext) => unknown;

export interface LoadedFunction {
  readonly signature: 'event' | 'fetch';
  readonly handler: (input: unknown, context: InvocationContext) => unknown;
  /** Takes over connections (W7.3), where the module exports one. */
  readonly upgrade: UpgradeHandler | undefined;
}

const EXTENSIONS = ['.mjs', '.js', '.cjs', '.mts', '.ts', '.cts'];

/**
 * Imports the module that `handler` names and finds the export (W3.4). What the module throws while it loads comes out as it is.
 * @throws WatcherError LOAD_FAILED for a missing module or export, or one that is not of the signature's kind
 */
export async function loadFunction(order: Pick<LoadOrder, 'folder' | 'handler' | 'signature'>): Promise<LoadedFunction> {
  const { signature } = order;
  const dot = order.handler.lastIndexOf('.');
  const [modulePath, exportName] = [order.handler.slice(0, dot), order.handler.slice(dot + 1)];
  if (signature !== 'event' && signature !== 'fetch') throw failed(`signature "${String(signature)}" is not one that Node.js has: use event or fetch`);
  const path = EXTENSIONS.map((extension) => modulePath + extension).find((candidate) => existsSync(join(order.folder, candidate)));
  if (path === undefined) throw failed(`the package has no module "${modulePath}" (looked for ${EXTENSIONS.join(' ')})`);
  const module = (await import(pathToFileURL(join(order.folder, path)).href)) as Record<string, unknown>;
  const found = pick(module, exportName);
  if (found === undefined) throw failed(`the module "${path}" has no export "${exportName}"; it has ${names(module)}`, path);
  const upgrade = pick(module, 'upgrade');
  return {
    signature,
    handler: toHandler(found, signature, `the export "${exportName}"`, path),
    upgrade: typeof upgrade === 'function' ? (upgrade as UpgradeHandler) : undefined,
  };
}

function toHandler(found: unknown, signature: 'event' | 'fetch', what: string, path: string): LoadedFunction['handler'] {
  if (typeof found === 'function') return found as LoadedFunction['handler'];
  const fetch = signature === 'fetch' && typeof found === 'object' && found !== null ? (found as { fetch?: unknown }).fetch : undefined;
  if (typeof fetch === 'function') return (request, context) => Reflect.apply(fetch, found, [request, context]) as unknown;
  throw failed(
    `${what} must be a function${signature === 'fetch' ? ', or an object with a method fetch' : ''}, not ${found === null ? 'null' : typeof found}`,
    path,
  );
}

/** A named export; of a CommonJS module also a property that static analysis did not see. */
function pick(module: Record<string, unknown>, name: string): unknown {
  const whole = module['default'] as Record<string, unknown> | undefined;
  const inWhole = whole !== null && (typeof whole === 'object' || typeof whole === 'function') ? whole[name] : undefined;
  return name === 'default' ? (inWhole ?? whole) : (module[name] ?? inWhole);
}

function names(module: Record<string, unknown>): string {
  const found = Object.keys(module).filter((name) => name !== 'module.exports' && name !== '__esModule');
  return found.length === 0 ? 'none' : found.join(', ');
}

function failed(message: string, file?: string): WatcherError {
  return new WatcherError('LOAD_FAILED', message, file === undefined ? {} : { file });
}
