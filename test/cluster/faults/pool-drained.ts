import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { BURST, type FaultWorld } from './world.ts';

/** More functions want an instance than wait in their pool: they wait for those that start. */
export function poolDrained(world: () => FaultWorld): void {
  it('a pool is drained to zero: who waits is served as it fills again', async () => {
    const { platform, window, underLoad, settled } = world();
    await settled();
    const idle = async () => (await window.state()).pools.find(({ name }) => name.endsWith('/node'))?.idle;
    const seen = { answers: [] as string[], hasty: '', fewest: Infinity };
    const report = await underLoad('pool drained to zero', async () => {
      const ask = async (fn: string) => {
        const answer = await fetch(`${platform.url}/${fn}?n=1`);
        return answer.ok ? '200' : `${answer.status} ${await answer.text()}`;
      };
      const burst = Promise.all(BURST.map(ask));
      // Behind all of them.
      const hasty = sleep(100).then(() => ask('hasty'));
      let waiting = true;
      const look = (async () => {
        while (waiting) seen.fewest = Math.min(seen.fewest, (await idle().catch(() => undefined)) ?? Infinity);
      })();
      Object.assign(seen, { hasty: await hasty, answers: await burst });
      waiting = false;
      await look;
    });
    expect(report.inFlight).toBeGreaterThan(0);
    expect(report.wrong).toEqual([]);
    expect(seen.fewest).toBe(0);
    expect(seen.answers).toEqual(BURST.map(() => '200'));
    // The same without the patience to wait for a pod's start.
    expect(seen.hasty).toMatch(/^504 .*ACTIVATION_TIMEOUT/);
  });
}
