import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.ts';
import { type KubernetesClient, KubernetesError } from './client.ts';
import { createLeaseApi, type LeaseApi } from './lease-api.ts';
import { decideCandidate, decideHolder, firstTransitions, type LeaseRecord } from './lease-decide.ts';
import { observeLease } from './lease-observer.ts';

export interface LeaseOptions {
  readonly client: KubernetesClient;
  readonly namespace: string;
  readonly name: string;
  /** Who we are, for people; a part that is this process's alone is added. */
  readonly identity: string;
  readonly log: Log;
  /** A holder that was not heard of for this long has lost it. @default 10000 */
  readonly durationMs?: number;
  /** @default 2000 */
  readonly renewMs?: number;
  /** Gives up waiting. */
  readonly signal?: AbortSignal;
}

export interface HeldLease {
  /** `leaseTransitions + 1`: higher with every new holder. */
  readonly epoch: number;
  /** Resolves with the reason once another has it. An API server that does not answer is no reason: the holder goes on. */
  readonly lost: Promise<string>;
  /** Gives it up, so that the next one need not wait. Idempotent. */
  close(): Promise<void>;
}

const DURATION_MS = 10_000;
const RENEW_MS = 2_000;

/** Waits until the Lease is ours, then holds it: one leader by `coordination.k8s.io` (Kubernetes, "Leases"). @throws the signal's reason */
export async function acquireLease(options: LeaseOptions): Promise<HeldLease> {
  const { client, namespace, name, log, durationMs = DURATION_MS } = options;
  const identity = `${options.identity}_${randomUUID()}`;
  const api = createLeaseApi({ client, namespace, name, identity, durationMs });
  const record = await waitForLease(api, options);
  log.info('leading', { lease: name, identity, epoch: record.transitions + 1 });
  return holdLease(api, record, identity, options);
}

/** Watches it and takes it when it may be taken. */
async function waitForLease(api: LeaseApi, { client, name, log, signal, durationMs = DURATION_MS, renewMs = RENEW_MS }: LeaseOptions): Promise<LeaseRecord> {
  const observer = observeLease({ client, listPath: api.listPath, name, log, signal });
  try {
    for (;;) {
      const seen = observer.seen();
      signal?.throwIfAborted();
      const step = seen ? decideCandidate(seen, performance.now(), durationMs) : ({ kind: 'wait', ms: durationMs } as const);
      if (step.kind !== 'wait') {
        const taken = step.kind === 'create' ? api.create(firstTransitions(Date.now())) : api.hold(step.transitions, step.version);
        const record = await taken.catch((error: unknown) => notConflict(log, error));
        if (record) return record;
      }
      await observer.wait(step.kind === 'wait' ? step.ms : renewMs);
    }
  } finally {
    await observer.close();
  }
}

function holdLease(api: LeaseApi, taken: LeaseRecord, identity: string, { log, renewMs = RENEW_MS }: LeaseOptions): HeldLease {
  const own = { identity, transitions: taken.transitions };
  const { promise: lost, resolve } = Promise.withResolvers<string>();
  const stop = new AbortController();
  let version = taken.version;
  let troubled = false;
  let over = false;

  const renew = async () => {
    try {
      ({ version } = await api.hold(own.transitions, version));
    } catch (error) {
      if (!(error instanceof KubernetesError) || (error.status !== 409 && error.status !== 404)) throw error;
      const step = decideHolder(await api.get(), own);
      if (step.kind === 'lost') {
        over = true;
        log.warn('no longer leading', { reason: step.reason });
        return resolve(step.reason);
      }
      ({ version } = await (step.kind === 'create' ? api.create(own.transitions) : api.hold(own.transitions, step.version)));
    }
  };
  const run = async () => {
    while (!stop.signal.aborted && !over) {
      await sleep(renewMs, undefined, { signal: stop.signal }).catch(() => undefined);
      if (stop.signal.aborted) return;
      try {
        await renew();
        troubled = false;
      } catch (error) {
        if (!troubled) log.warn('the Lease cannot be renewed; leading on until another does', { problem: (error as Error).message });
        troubled = true;
      }
    }
  };
  const running = run();
  let closing: Promise<void> | undefined;
  const close = async () => {
    stop.abort();
    await running;
    if (!over) await api.release(own.transitions, version).catch((error: Error) => log.warn('the Lease could not be given up', { problem: error.message }));
  };
  return { epoch: own.transitions + 1, lost, close: () => (closing ??= close()) };
}

/** Another was faster, or nobody answered: both are for the next look. */
function notConflict(log: Log, error: unknown): undefined {
  if (!(error instanceof KubernetesError)) throw error;
  if (error.status !== 409) log.warn('the Lease cannot be taken', { problem: error.message });
}
