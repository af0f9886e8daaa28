import { setTimeout as sleep } from 'node:timers/promises';
import { SCALER_PATHS } from '../../protocol/names.ts';

/** A pool as the scaler sees it. */
export interface PoolView {
  /** `<namespace>/<name>`. */
  readonly name: string;
  readonly runtime: string;
  readonly min: number;
  readonly max: number;
  readonly idle: number;
  readonly starting: number;
  readonly leased: number;
}

const POLL_MS = 50;

export async function fetchPools(scalerUrl: string, token: string): Promise<PoolView[]> {
  const response = await fetch(`${scalerUrl}${SCALER_PATHS.state}`, { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(5000) });
  return ((await response.json()) as { pools: PoolView[] }).pools;
}

/** Waits until every pool has as many waiting instances as it keeps, so that calls find what they will find later; gives up in silence after the time. */
export async function waitForPools(scalerUrl: string, token: string, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    const pools = await fetchPools(scalerUrl, token);
    if (pools.every(({ idle, min }) => idle >= min)) return;
    await sleep(POLL_MS);
  }
}
