import { expect, it } from 'vitest';
import { GATEWAY_NAME, PLATFORM_PORTS } from '../../../protocol/cluster-names.ts';
import { METRICS } from '../../../protocol/names.ts';
import type { FaultWorld } from './world.ts';

/** What was under way in a gateway that is killed is lost, for it has nowhere to be; everything else goes on by the other one. */
export function gatewayKilled(world: () => FaultWorld): void {
  it('a gateway’s pod is killed: requests that were under way in it are lost, each once', async () => {
    const { platform, window, underLoad, settled } = world();
    await settled();
    const [victim] = await window.podsOf(GATEWAY_NAME);
    let [inFlightThere, killedAt] = [0, 0];
    const report = await underLoad(
      'gateway pod killed',
      async () => {
        const metrics = await fetch(`http://${victim?.status.podIP}:${PLATFORM_PORTS.gatewayAdmin}/metrics`);
        inFlightThere = sumOf(await metrics.text(), METRICS.inFlight);
        killedAt = performance.now();
        await platform.cluster.kubectl(['delete', 'pod', victim?.metadata.name ?? '', '-n', platform.system, '--force', '--grace-period=0']);
      },
      { connections: 'kept' },
    );
    expect(inFlightThere).toBeGreaterThan(0);
    expect(report.wrong.length).toBeGreaterThan(0);
    // Nothing but connections that broke or were refused; an answer that came is right.
    expect(report.wrong.filter(({ code }) => code === undefined)).toEqual([]);
    expect(report.wrong.filter(({ endedAt }) => endedAt < killedAt)).toEqual([]);
    expect(report.wrong.length).toBeLessThanOrEqual(report.inFlight);
    for (const { url } of report.wrong) expect((await fetch(`${url}?n=1`)).status).toBe(200);
  });
}

function sumOf(text: string, name: string): number {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
