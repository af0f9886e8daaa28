import { expect, it } from 'vitest';
import type { FaultWorld } from './world.ts';

/** Pods of functions end without a word: the gateway sends what was under way to another instance. */
export function podKilled(world: () => FaultWorld): void {
  it('a function’s pod is killed: no request is lost', async () => {
    const { platform, underLoad, podsOf, aim, settled } = world();
    await settled();
    const [first, second] = await podsOf('warm-node');
    const [python] = await podsOf('warm-python');
    const kills = await Promise.all([first, python].map((pod) => aim(platform.namespace, pod?.metadata.name ?? '')));
    const report = await underLoad('function pod killed', async () => {
      for (const kill of kills) await kill();
      await platform.cluster.kubectl(['delete', 'pod', second?.metadata.name ?? '', '-n', platform.namespace, '--force', '--grace-period=0']);
    });
    expect(report.inFlight).toBeGreaterThan(0);
    expect(report.retries).toBeGreaterThan(0);
    expect(report.wrong).toEqual([]);
    expect(report.bare.wrong.length).toBeGreaterThan(0);
  });
}
