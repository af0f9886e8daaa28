import type { KeyObject } from 'node:crypto';
import { Agent, request } from '../../kit/undici.ts';
import { isErrorCode, PlatformError } from '../../protocol/errors.ts';
import { renderLoadDocument, renderPush } from '../../protocol/load-document.ts';
import { CONTROL_PATHS, REVISION_CONTENT_TYPE } from '../../protocol/names.ts';
import { type ControlClaims, signControlToken } from '../../protocol/token.ts';
import type { FunctionCode } from '../../protocol/schema/function.ts';
import type { ManagedFunction, ResolvedRevision } from '../observe/functions.ts';

/** What loading took, as the watcher tells it (watcher.md W3.5). */
export interface LoadTimings {
  readonly codeMs: number;
  readonly dependenciesMs: number;
  readonly initMs: number;
}

export interface WatcherStatus {
  readonly state: string;
  readonly function: { readonly uid: string } | null;
  readonly content: string | null;
  readonly generation?: number;
  readonly lastError: { readonly code: string; readonly message: string } | null;
}

/** A revision that a watcher can load. */
export type CodeRevision = ResolvedRevision & { readonly code: FunctionCode };

interface Target {
  readonly id: string;
  readonly controlUrl: string;
}

/** Orders to watchers, on their control port. Errors carry the watcher's code; `UPSTREAM_FAILED` means that it could not be reached or answered in no known form. */
export interface WatcherClient {
  specialize(target: Target, fn: ManagedFunction, revision: CodeRevision, bytes: Uint8Array): Promise<LoadTimings>;
  update(target: Target, fn: ManagedFunction, revision: CodeRevision, bytes: Uint8Array): Promise<LoadTimings>;
  status(target: Target): Promise<WatcherStatus>;
  close(): Promise<void>;
}

const TOKEN_LIFE_S = 60;
/** Loading may import much; a watcher that takes longer is replaced. */
const LOAD_TIMEOUT_MS = 60_000;
const STATUS_TIMEOUT_MS = 2000;

export function createWatcherClient({ key, epoch }: { key: KeyObject; epoch: number }): WatcherClient {
  const agent = new Agent({ keepAliveTimeout: 4000, connections: 4 });

  const load = async (act: 'specialize' | 'update', target: Target, fn: ManagedFunction, revision: CodeRevision, bytes: Uint8Array) => {
    const claims: ControlClaims = {
      aud: target.id,
      act,
      sub: fn.uid,
      epoch,
      exp: Math.floor(Date.now() / 1000) + TOKEN_LIFE_S,
      digest: revision.code.package.digest,
    };
    const answer = await send(agent, target.controlUrl + CONTROL_PATHS[act], {
      method: 'POST',
      headers: { authorization: `Bearer ${signControlToken(key, claims)}`, 'content-type': REVISION_CONTENT_TYPE },
      body: renderPush(renderLoadDocument({ ...fn.resource.metadata, uid: fn.uid }, revision), bytes),
      headersTimeout: LOAD_TIMEOUT_MS,
      bodyTimeout: LOAD_TIMEOUT_MS,
    });
    return (answer as { timings: LoadTimings }).timings;
  };
  return {
    specialize: (...args) => load('specialize', ...args),
    update: (...args) => load('update', ...args),
    status: (target) =>
      send(agent, target.controlUrl + CONTROL_PATHS.status, {
        method: 'GET',
        headersTimeout: STATUS_TIMEOUT_MS,
        bodyTimeout: STATUS_TIMEOUT_MS,
      }) as Promise<WatcherStatus>,
    close: () => agent.destroy(),
  };
}

async function send(agent: Agent, url: string, options: Omit<NonNullable<Parameters<typeof request>[1]>, 'dispatcher'>): Promise<unknown> {
  let status: number;
  let body: unknown;
  try {
    const answer = await request(url, { ...options, dispatcher: agent });
    status = answer.statusCode;
    body = await answer.body.json();
  } catch (cause) {
    throw new PlatformError('UPSTREAM_FAILED', `the watcher at ${url} could not be reached: ${(cause as Error).message}`, { cause });
  }
  if (status === 200) return body;
  const { code, message, file, line } = (body ?? {}) as { code?: unknown; message?: unknown; file?: unknown; line?: unknown };
  if (!isErrorCode(code)) throw new PlatformError('UPSTREAM_FAILED', `the watcher at ${url} answered ${status} without a code`);
  const place = typeof file === 'string' ? `${file}${typeof line === 'number' ? `:${line}` : ''}` : '';
  const text = String(message);
  throw new PlatformError(code, place === '' || text.includes(place) ? text : `${place}: ${text}`, {
    details: { status, ...(place !== '' && { file, line }) },
  });
}
