import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { finished, type Duplex } from 'node:stream';
import { HEADERS, type RefusalCode } from '../contract.ts';
import { rawError, REFUSALS } from '../refusal.ts';
import { InvocationContext } from './context.ts';
import { describe, Thrown, type InvocationHost } from './invocation.ts';
import type { UpgradeHandler } from './load.ts';

export interface Upgrade {
  readonly requestId: string;
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** An answer on a connection that was to be upgraded and is not. */
export function refuseUpgrade({ socket, requestId }: Upgrade, code: RefusalCode | 'UPGRADE_UNSUPPORTED'): void {
  if (code === 'UPGRADE_UNSUPPORTED') socket.end(rawError(code, 'this function takes no connection upgrades', requestId));
  else socket.end(rawError(code, REFUSALS[code], requestId).replace('\r\n', `\r\n${HEADERS.notStarted}: 1\r\n`));
}

/**
 * Hands a connection to user code and resolves when it has closed (W7.3), with whether user code failed. No deadline: the connection lives as long as its two ends want.
 */
export async function runUpgrade({ requestId, request, socket, head }: Upgrade, handler: UpgradeHandler, host: InvocationHost): Promise<'ok' | 'error'> {
  const startedAtMs = Date.now();
  const abort = new AbortController();
  const closed = new Promise<void>((resolve) => finished(socket, () => resolve()));
  void closed.then(() => abort.abort());
  // A reset by the client is no reason to end the process when user code listens for no error.
  socket.on('error', () => socket.destroy());
  const traceparent = request.headers[HEADERS.traceparent];
  const context = new InvocationContext(
    {
      requestId,
      deadlineMs: Infinity,
      traceparent: typeof traceparent === 'string' ? traceparent : undefined,
      signal: () => abort.signal,
      log: (level, message, fields) => host.output.log(level, message, requestId, fields),
    },
    host.identity,
  );
  const before = written(socket);
  let outcome: 'ok' | 'error' = 'ok';
  try {
    await host.output.run(requestId, () => handler(request, socket, head, context));
  } catch (cause) {
    outcome = 'error';
    const { error, stack } = describe(new Thrown(cause));
    host.failed({ code: error.code, message: error.message, stack, requestId, durationMs: Date.now() - startedAtMs });
    if (written(socket) > before) socket.destroy();
    else socket.end(rawError(error.code, error.message, requestId));
  }
  await closed;
  return outcome;
}

function written(socket: Duplex): number {
  return (socket as Partial<Socket>).bytesWritten ?? 0;
}
