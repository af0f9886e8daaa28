import { existsSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pathToFileURL } from 'node:url';
import type { LoadOrder } from '../messages.ts';
import { WatcherError } from '../watcher-error.ts';
import type { InvocationContext } from './context.ts';
import { requireFramework, serveTarget } from './framework.ts';
import { mapStackTraces } from './source-map.ts';

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer, context: InvocationContext) => unknown;

export type Handler = (...inputs: unknown[]) => unknown;

export type LoadedFunction = {
  /** Takes over connections (W7.3), where the module exports one. */
  readonly upgrade: UpgradeHandler | undefined;
} & (
  | { readonly signature: 'event' | 'fetch' | 'lambda'; readonly handler: Handler }
  /** Answers on the response by itself. */
  | { readonly signature: 'framework'; readonly listener: RequestListener }
);

const SIGNATURES: readonly LoadedFunction['signature'][] = ['event', 'fetch', 'lambda', 'framework'];
const EXTENSIONS = ['.mjs', '.js', '.cjs', '.mts', '.ts', '.cts'];

/**
 * Imports the module that `handler` names and finds the export (W3.4). What the module throws while it loads comes out as it is.
 * @throws WatcherError LOAD_FAILED for a missing module or export, or one that is not of the signature's kind
 */
export async function loadFunction(order: Pick<LoadOrder, 'folder' | 'handler' | 'signature'>): Promise<LoadedFunction> {
  const signature = SIGNATURES.find((name) => name === order.signature);
  if (signature === undefined) throw failed(`signature "${order.signature}" is not one that Node.js has: use ${SIGNATURES.join(', ')}`);
  const dot = order.handler.lastIndexOf('.');
  const [modulePath, exportName] = [order.handler.slice(0, dot), order.handler.slice(dot + 1)];
  const path = EXTENSIONS.map((extension) => modulePath + extension).find((candidate) => existsSync(join(order.folder, candidate)));
  if (path === undefined) throw failed(`the package has no module "${modulePath}" (looked for ${EXTENSIONS.join(' ')})`);
  const file = join(order.folder, path);
  if (existsSync(`${file}.map`)) mapStackTraces(order.folder);
  if (signature === 'framework') {
    const framework = requireFramework(file);
    process.env['FUNCTION_TARGET'] ??= exportName;
    const module = await importModule(file);
    return { signature, listener: serveTarget(framework, exportName, pick(module, exportName), names(module)), upgrade: upgradeOf(module) };
  }
  const module = await importModule(file);
  const found = pick(module, exportName);
  if (found === undefined) throw failed(`the module "${path}" has no export "${exportName}"; it has ${names(module)}`, path);
  return { signature, handler: toHandler(found, signature, `the export "${exportName}"`, path), upgrade: upgradeOf(module) };
}

async function importModule(file: string): Promise<Record<string, unknown>> {
  return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
}

function upgradeOf(module: Record<string, unknown>): UpgradeHandler | undefined {
  const upgrade = pick(module, 'upgrade');
  return typeof upgrade === 'function' ? (upgrade as UpgradeHandler) : undefined;
}

function toHandler(found: unknown, signature: LoadedFunction['signature'], what: string, path: string): Handler {
  if (typeof found === 'function') return found as Handler;
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
