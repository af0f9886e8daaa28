import { expect, it } from 'vitest';
import type { FaultWorld } from './world.ts';

const DOWN_MS = 5000;

/** A node without its kubelet runs what it runs, and starts nothing anew. */
export function kubeletRestarted(world: () => FaultWorld): void {
  it('a kubelet is away and comes back, and an instance dies meanwhile: no request is lost', async () => {
    const { platform, window, podsOf, aim, underLoad, settled } = world();
    await settled();
    const pods = await podsOf('warm-node');
    const [victim] = pods;
    const kill = await aim(platform.namespace, victim?.metadata.name ?? '');
    const epoch = (await window.state()).epoch;
    const report = await underLoad('kubelet restarted', async () => {
      const back = platform.cluster.faults.restartKubelet(victim?.spec.nodeName ?? '', DOWN_MS);
      await kill();
      await back;
    });
    expect(report.inFlight).toBeGreaterThan(0);
    expect(report.wrong).toEqual([]);
    expect(report.bare.wrong.length).toBeGreaterThan(0);
    await settled();
    expect((await window.state()).epoch).toBe(epoch);
    const names = (await podsOf('warm-node')).map(({ metadata }) => metadata.name);
    expect(names).toEqual(expect.arrayContaining(pods.slice(1).map(({ metadata }) => metadata.name)));
  });
}
