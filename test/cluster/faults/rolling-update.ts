import { expect, it } from 'vitest';
import { GATEWAY_NAME, SCALER_NAME } from '../../../protocol/cluster-names.ts';
import { BARE_GATEWAY } from './bare-gateway.ts';
import { declareFunctions, type FaultWorld } from './world.ts';

/** New versions come while requests are under way. */
export function rollingUpdate(world: () => FaultWorld): void {
  const restart = async (...parts: string[]) => {
    const { cluster, system } = world().platform;
    const names = parts.map((part) => `deployment/${part}`);
    await cluster.kubectl(['rollout', 'restart', ...names, '-n', system]);
    for (const name of names) await cluster.kubectl(['rollout', 'status', name, '-n', system, '--timeout=120s']);
  };

  it('gateways are rolled over: no request is lost', async () => {
    const { platform, window, underLoad, aim, settled } = world();
    await settled();
    const endBare = await Promise.all((await window.podsOf(BARE_GATEWAY)).map(({ metadata }) => aim(platform.system, metadata.name)));
    const report = await underLoad('rolling update of gateways', async () => {
      // What a roll over is without any order.
      for (const end of endBare) await end();
      await restart(GATEWAY_NAME);
    });
    expect(report.inFlight).toBeGreaterThan(0);
    expect(report.wrong).toEqual([]);
    expect(report.bare.wrong.length).toBeGreaterThan(0);
  });

  it('scalers are rolled over: no request is lost, and cold ones are served', async () => {
    const { platform, window, underLoad, scale, settled } = world();
    await settled();
    const { epoch } = await window.state();
    const statuses: number[] = [];
    const report = await underLoad('rolling update of scalers', async () => {
      await Promise.all([restart(SCALER_NAME), ...['fresh', 'slow-start'].map(async (fn) => statuses.push((await fetch(`${platform.url}/${fn}?n=1`)).status))]);
    });
    expect(report.inFlight).toBeGreaterThan(0);
    expect(report.wrong).toEqual([]);
    expect(statuses).toEqual([200, 200]);
    await settled();
    expect((await window.state()).epoch).toBeGreaterThan(epoch);
    // With nobody to hand over to, a cold one is refused.
    await scale(`deployment/${SCALER_NAME}`, 0);
    try {
      expect((await fetch(`${platform.url}/hasty?n=1`)).status).toBeOneOf([503, 504]);
    } finally {
      await scale(`deployment/${SCALER_NAME}`, 2);
    }
  });

  it('a function is rolled over to new code and then to other pods: no request is lost', async () => {
    const { platform, window, podsOf, underLoad, settled } = world();
    await settled();
    const revisions = async () => (await window.state()).functions.filter(({ name }) => name.includes('/warm-')).map(({ serving }) => serving);
    const changed = async (before: readonly unknown[]) => {
      for (;;) {
        const now = await revisions();
        if (now.every((revision, index) => revision !== before[index])) return;
      }
    };
    const podsBefore = (await podsOf('warm-node')).map(({ metadata }) => metadata.name);
    const report = await underLoad('rolling update of functions', async () => {
      let before = await revisions();
      await platform.applyFunctions((stack) => declareFunctions(stack, { version: '2' }));
      await changed(before);
      before = await revisions();
      await platform.applyFunctions((stack) => declareFunctions(stack, { version: '2', poolMebibytes: 208 }));
      await changed(before);
      await settled();
    });
    expect(report.inFlight).toBeGreaterThan(0);
    expect(report.wrong).toEqual([]);
    expect(report.bare.wrong.length).toBeGreaterThan(0);
    expect((await podsOf('warm-node')).map(({ metadata }) => metadata.name).filter((name) => podsBefore.includes(name))).toEqual([]);
  });
}
