import { expect, it } from 'vitest';
import { GATEWAY_NAME } from '../../../protocol/cluster-names.ts';
import { BARE_GATEWAY } from './bare-gateway.ts';
import type { FaultWorld } from './world.ts';

/** Gateways that are told to end go on until nobody comes any more. */
export function gatewayEnded(world: () => FaultWorld): void {
  const endOne = async (part: string) => {
    const { platform, window } = world();
    const [pod] = await window.podsOf(part);
    await platform.cluster.kubectl(['delete', 'pod', pod?.metadata.name ?? '', '-n', platform.system, '--wait=true', '--timeout=60s']);
  };

  it('a gateway is stopped in order: no request is lost', async () => {
    const { underLoad, settled } = world();
    await settled();
    const report = await underLoad('gateway stopped in order', async () => void (await Promise.all([endOne(GATEWAY_NAME), endOne(BARE_GATEWAY)])));
    expect(report.inFlight).toBeGreaterThan(0);
    expect(report.wrong).toEqual([]);
    expect(report.bare.wrong.length).toBeGreaterThan(0);
  });
}
