import { expect, it } from 'vitest';
import type { FaultWorld } from './world.ts';

/** Everything on a node is told to end: gateways, the scaler, instances, monitoring. */
export function nodeDrained(world: () => FaultWorld): void {
  it('a node is drained: no request is lost', async () => {
    const { platform, underLoad, settled } = world();
    await settled();
    const { faults, nodes } = platform.cluster;
    const node = nodes[1]?.name ?? '';
    try {
      const report = await underLoad('node drained', () => faults.drain(node));
      expect(report.inFlight).toBeGreaterThan(0);
      expect(report.wrong).toEqual([]);
      expect(report.bare.wrong.length).toBeGreaterThan(0);
    } finally {
      await faults.uncordon(node);
    }
  });
}
