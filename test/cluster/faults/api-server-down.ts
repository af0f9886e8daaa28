import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type FaultWorld, THOROUGH } from './world.ts';

/** Longer than the Lease lasts. */
const DOWN_MS = THOROUGH ? 30_000 : 12_000;

/** Nothing between a request and its answer asks the API server. */
export function apiServerDown(world: () => FaultWorld): void {
  it('the API server is down: warm functions answer, cold ones start from the pool, nothing scales in', async () => {
    const { platform, podsOf, aim, underLoad, settled } = world();
    await settled();
    const { faults } = platform.cluster;
    const before = (await podsOf('warm-node')).map(({ metadata }) => metadata.name);
    const kill = await aim(platform.namespace, before[0] ?? '');
    const statuses: number[] = [];
    const report = await underLoad('API server down', async () => {
      await faults.stopApiServer();
      try {
        const over = sleep(DOWN_MS);
        await kill();
        // Two wait in the pool, and none can be made anew: one takes the place of the killed one.
        statuses.push((await fetch(`${platform.url}/fresh?n=1`)).status);
        await over;
      } finally {
        await faults.startApiServer();
      }
    });
    expect(report.inFlight).toBeGreaterThan(0);
    expect(report.wrong).toEqual([]);
    expect(report.bare.wrong.length).toBeGreaterThan(0);
    expect(statuses).toEqual([200]);
    await settled();
    const after = (await podsOf('warm-node')).map(({ metadata }) => metadata.name);
    expect(after).toEqual(expect.arrayContaining(before.slice(1)));
  });
}
