import { expect, it } from 'vitest';
import { GATEWAY_NAME } from '../../../protocol/cluster-names.ts';
import { METRICS } from '../../../protocol/names.ts';
import type { WrongAnswer } from '../../load/kill/clients.ts';
import type { FaultWorld } from './world.ts';

/** Until Services lead nobody to a pod whose process is gone, on a busy machine. */
const RETRY_AFTER_MS = 5000;

/** What was under way in a gateway that is killed is lost, for it has nowhere else to be; everything after goes by the other one. */
export function gatewayKilled(world: () => FaultWorld): void {
  /** Kills one of two gateways under load. @returns what became of the requests, and how many it had in flight */
  const killOne = async (name: string, retryAfterMs?: number) => {
    const { platform, window, underLoad, aim, settled } = world();
    await settled();
    const kills = new Map<string, () => Promise<void>>();
    for (const { metadata } of await window.podsOf(GATEWAY_NAME)) kills.set(metadata.name, await aim(platform.system, metadata.name));
    let there = 0;
    const report = await underLoad(
      name,
      async () => {
        // Kept connections may all be with one of them.
        const [busiest, inFlight] = [...(await window.countsOfGateways(METRICS.inFlight))].sort(([, a], [, b]) => b - a)[0] ?? ['', 0];
        there = inFlight;
        await kills.get(busiest)?.();
      },
      { connections: 'kept', ...(retryAfterMs !== undefined && { retryAfterMs }) },
    );
    return { report, there };
  };

  it('a gateway is killed: what was under way in it is lost, by broken connections, and nothing else', async () => {
    const { report, there } = await killOne('gateway killed');
    expect(there).toBeGreaterThan(0);
    // An answer that came is right.
    expect(report.wrong.filter(({ code }) => code === undefined)).toEqual([]);
    // Requests that were never sent are the Service's, which leads to the pod until its node says that it is gone.
    const lost = report.wrong.filter((answer) => !refused(answer));
    expect(lost.length).toBeGreaterThan(0);
    expect(lost.length).toBeLessThanOrEqual(report.inFlight);
  });

  it('a gateway is killed: a client that tries once more sees nothing of it', async () => {
    const { report, there } = await killOne('gateway killed, clients that retry once', RETRY_AFTER_MS);
    expect(there).toBeGreaterThan(0);
    expect(report.wrong).toEqual([]);
  });
}

function refused({ code }: WrongAnswer): boolean {
  return code === 'ECONNREFUSED';
}
