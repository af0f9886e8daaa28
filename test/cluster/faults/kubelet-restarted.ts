import { expect, it } from 'vitest';
import { type FaultWorld, WARM } from './world.ts';

const DOWN_MS = 5000;

/** A node without its kubelet runs what it runs, and starts nothing anew. */
export function kubeletRestarted(world: () => FaultWorld): void {
  it('a kubelet is away and comes back, and instances die meanwhile: no request is lost', async () => {
    const { platform, window, podsOf, aim, underLoad, settled } = world();
    await settled();
    const pods = (await Promise.all(WARM.map(podsOf))).flat();
    const node = pods[0]?.spec.nodeName ?? '';
    const [victims, others] = [pods.filter(({ spec }) => spec.nodeName === node), pods.filter(({ spec }) => spec.nodeName !== node)];
    const kills = await Promise.all(victims.map(({ metadata }) => aim(platform.namespace, metadata.name)));
    const epoch = (await window.state()).epoch;
    const report = await underLoad('kubelet restarted', async () => {
      const back = platform.cluster.faults.restartKubelet(node, DOWN_MS);
      for (const kill of kills) await kill();
      await back;
    });
    expect(report.inFlight).toBeGreaterThan(0);
    expect(report.wrong).toEqual([]);
    expect(report.bare.wrong.length).toBeGreaterThan(0);
    await settled();
    expect((await window.state()).epoch).toBe(epoch);
    const names = (await Promise.all(WARM.map(podsOf))).flat().map(({ metadata }) => metadata.name);
    expect(names).toEqual(expect.arrayContaining(others.map(({ metadata }) => metadata.name)));
  });
}
