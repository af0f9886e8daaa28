import type { KeyObject } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Instance, PushResult } from '../instance.ts';
import { WatcherError } from '../watcher-error.ts';
import { parseLoadDocument, type LoadDocument } from './load-document.ts';
import { receiveJson, receivePush } from './receive.ts';
import { invalid, verifyToken, type Act, type Claims } from './token.ts';

export interface OrdersOptions {
  readonly instance: Pick<Instance, 'owner' | 'check' | 'push' | 'drain'>;
  readonly instanceId: string;
  readonly key: KeyObject;
  readonly now: () => number;
}

/** What the scaler's leader may order (W2.6 to W2.8). */
export class Orders {
  readonly #options: OrdersOptions;
  #epoch = 0;

  constructor(options: OrdersOptions) {
    this.#options = options;
  }

  /** The highest epoch accepted so far. */
  get epoch(): number {
    return this.#epoch;
  }

  /** @throws WatcherError */
  async push(request: IncomingMessage, act: Exclude<Act, 'drain'>): Promise<PushResult> {
    const started = performance.now();
    const claims = this.#verify(request, act);
    let document: LoadDocument | undefined;
    const bytes = await receivePush(request, (line) => {
      document = parseLoadDocument(line);
      if (document.function.uid !== claims.sub) throw invalid('sub must be the function’s UID');
      if (document.package.digest !== claims.digest) throw invalid('digest must be the package’s digest');
      this.#accept(claims);
      this.#options.instance.check(act, document);
    });
    if (!document) throw new WatcherError('BAD_REQUEST', 'the body has no load document');
    return this.#options.instance.push(act, document, bytes, performance.now() - started);
  }

  /** @throws WatcherError */
  async drain(request: IncomingMessage): Promise<{ inFlight: number }> {
    const { instance } = this.#options;
    const claims = this.#verify(request, 'drain');
    if (instance.owner && instance.owner.uid !== claims.sub) throw invalid('sub must be the function’s UID');
    const body = (await receiveJson(request, 4096)) as { timeoutMs?: unknown } | null;
    const timeoutMs = body?.timeoutMs;
    if (!Number.isSafeInteger(timeoutMs) || (timeoutMs as number) < 0) throw new WatcherError('BAD_REQUEST', 'timeoutMs must be an integer, 0 or more');
    this.#accept(claims);
    return { inFlight: await instance.drain(timeoutMs as number) };
  }

  #verify(request: IncomingMessage, act: Act): Claims {
    const { key, instanceId, now } = this.#options;
    const claims = verifyToken(request.headers.authorization, { key, instance: instanceId, act, nowMs: now() });
    this.#refuseStale(claims);
    return claims;
  }

  #accept(claims: Claims): void {
    this.#refuseStale(claims);
    this.#epoch = claims.epoch;
  }

  #refuseStale({ epoch }: Claims): void {
    if (epoch < this.#epoch) throw new WatcherError('STALE_EPOCH', `epoch ${epoch} is lower than ${this.#epoch}, which has been accepted`);
  }
}
