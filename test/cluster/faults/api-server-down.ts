import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { type FaultWorld, THOROUGH, WARM } from './world.ts';

/** Longer than the Lease lasts. */
const DOWN_MS = THOROUGH ? 30_000 : 12_000;

/** Nothing between a request and its answer asks the API server. */
export function apiServerDown(world: () => FaultWorld): void {
  it('the API server is down: warm functions answer, cold ones start from the pool, nothing scales in', async () => {
    const { platform, podsOf, aim, underLoad, settled } = world();
    await settled();
    const { faults } = platform.cluster;
    const before = (await Promise.all(WARM.map(podsOf))).map((pods) => pods.map(({ metadata }) => metadata.name));
    const victims = before.flatMap((names) => names.slice(0, 1));
    const kills = await Promise.all(victims.map((name) => aim(platform.namespace, name)));
    const statuses: number[] = [];
    const report = await underLoad('API server down', async () => {
      await faults.stopApiServer();
      try {
        const over = sleep(DOWN_MS);
        for (const kill of kills) await kill();
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
    const after = (await Promise.all(WARM.map(podsOf))).flat().map(({ metadata }) => metadata.name);
    expect(after).toEqual(expect.arrayContaining(before.flatMap((names) => names.slice(1))));
  });
}
