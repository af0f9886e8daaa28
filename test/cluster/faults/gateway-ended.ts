import { expect, it } from 'vitest';
import { GATEWAY_NAME } from '../../../protocol/cluster-names.ts';
import { BARE_GATEWAY } from './bare-gateway.ts';
import type { FaultWorld } from './world.ts';

/** Gateways that are told to end go on until nobody comes any more. */
export function gatewayEnded(world: () => FaultWorld): void {
  it('a gateway is stopped in order: no request is lost', async () => {
    const { platform, window, underLoad, aim, settled } = world();
    await settled();
    const [[pod], [bare]] = [await window.podsOf(GATEWAY_NAME), await window.podsOf(BARE_GATEWAY)];
    const endBare = await aim(platform.system, bare?.metadata.name ?? '');
    const report = await underLoad('gateway stopped in order', async () => {
      // Without an order: at once.
      await endBare();
      await platform.cluster.kubectl(['delete', 'pod', pod?.metadata.name ?? '', '-n', platform.system, '--timeout=60s']);
    });
    expect(report.inFlight).toBeGreaterThan(0);
    expect(report.wrong).toEqual([]);
    expect(report.bare.wrong.length).toBeGreaterThan(0);
  });
}
