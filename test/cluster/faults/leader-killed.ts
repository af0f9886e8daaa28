import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { SCALER_NAME } from '../../../protocol/cluster-names.ts';
import { eventually } from '../eventually.ts';
import type { FaultWorld } from './world.ts';

/** While nobody leads, what serves goes on serving, and what waits waits for the next leader. */
export function leaderKilled(world: () => FaultWorld): void {
  it('the scaler’s leader is killed in the middle of a lease: those who wait are served by the next one', async () => {
    const { platform, window, underLoad, aim, settled } = world();
    await settled();
    const { epoch } = await window.state();
    const kill = await aim(platform.system, await window.leader());
    const ask = async (fn: string) => (await fetch(`${platform.url}/${fn}?n=1`)).status;
    const cold = { leased: 0, hasty: 0, after: 0 };
    const report = await underLoad('scaler’s leader killed', async () => {
      // Its instance is leased at once, and loads the code for longer than the leader lives.
      const leased = ask('slow-start');
      await sleep(500);
      await kill();
      const [hasty, after] = await Promise.all([ask('hasty'), ask('fresh')]);
      Object.assign(cold, { leased: await leased, hasty, after });
    });
    expect(report.inFlight).toBeGreaterThan(0);
    expect(report.wrong).toEqual([]);
    expect(cold).toMatchObject({ leased: 200, after: 200 });
    // One that does not wait for as long as a hand-over takes.
    expect(cold.hasty).toBeOneOf([503, 504]);
    await eventually(
      async () => (await window.state()).epoch > epoch && (await window.podsOf(SCALER_NAME)).length === 2,
      () => 'nobody leads',
    );
  });
}
