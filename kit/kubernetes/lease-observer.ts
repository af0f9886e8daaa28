import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.ts';
import type { KubernetesClient } from './client.ts';
import { parseLease } from './lease-api.ts';
import type { LeaseRecord, Observation } from './lease-decide.ts';
import { watchResources } from './list-watch.ts';

export interface LeaseObserver {
  /** Undefined until the API server was heard of first. */
  seen(): Observation | undefined;
  /** Waits for a change since `seen` was asked for last, the signal, or this long. */
  wait(ms: number): Promise<void>;
  close(): Promise<void>;
}

export interface ObserverOptions {
  readonly client: KubernetesClient;
  readonly listPath: string;
  readonly name: string;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

/** Looks at one Lease as it changes, by our own clock. */
export function observeLease({ client, listPath, name, log, signal }: ObserverOptions): LeaseObserver {
  let seen: Observation | undefined;
  let news = new AbortController();
  const wake = () => news.abort();
  const observe = (record: LeaseRecord | undefined) => {
    seen = { record, atMs: performance.now() };
    wake();
  };
  signal?.addEventListener('abort', wake);
  const watch = watchResources({
    client,
    path: listPath,
    fieldSelector: `metadata.name=${name}`,
    log,
    parse: parseLease,
    onSync: (leases) => observe(leases.find((lease) => lease.name === name)),
    onEvent: ({ type, object }) => (object.name === name ? observe(type === 'deleted' ? undefined : object) : undefined),
    // While we could not look, the holder may have renewed: its time starts anew.
    onState: () => (seen ? observe(seen.record) : undefined),
  });
  return {
    seen() {
      news = new AbortController();
      return seen;
    },
    wait: (ms) => sleep(ms, undefined, { signal: news.signal }).catch(() => undefined),
    async close() {
      signal?.removeEventListener('abort', wake);
      await watch.close();
    },
  };
}
