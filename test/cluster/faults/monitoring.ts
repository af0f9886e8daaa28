import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ALERTMANAGER_NAME, PLATFORM_PORTS, PROMETHEUS_NAME } from '../../../protocol/cluster-names.ts';
import { ALERTS, SCALER_PATHS } from '../../../protocol/names.ts';
import { eventually } from '../eventually.ts';
import { BARE_GATEWAY } from './bare-gateway.ts';
import { STABILIZATION_SECONDS, type FaultWorld } from './world.ts';

const PROMETHEUS = `statefulset/${PROMETHEUS_NAME}`;

/** Rules without their monitoring, or with one that says the same thing over and over. */
export function monitoringFaults(world: () => FaultWorld): void {
  const replicas = async () => (await world().window.state()).functions.find(({ name }) => name.endsWith('/ruled'))?.readyReplicas;
  const becomes = (count: number, why: string) =>
    eventually(
      async () => (await replicas()) === count,
      async () => `${why}: ${await replicas()} replicas`,
      90_000,
    );

  it('Prometheus is down: replicas are held, and once it is back those that are not needed go', async () => {
    const { underLoad, scale, settled } = world();
    await settled();
    const report = await underLoad(
      'Prometheus down',
      async () => {
        await becomes(2, 'the rule does not raise');
        await scale(PROMETHEUS, 0);
      },
      { paths: ['/ruled', '/warm-python'] },
    );
    expect(report.inFlight).toBeGreaterThan(0);
    expect(report.wrong).toEqual([]);
    try {
      // No low counts while a gateway is not scraped, and this one never is.
      await scale(`deployment/${BARE_GATEWAY}`, 0);
      // Nobody asks any more, for longer than a low has to last.
      await sleep(STABILIZATION_SECONDS * 2000);
      expect(await replicas()).toBe(2);
      await scale(PROMETHEUS, 1);
      await becomes(1, 'with Prometheus, what is not needed stays');
    } finally {
      await scale(PROMETHEUS, 1);
      await scale(`deployment/${BARE_GATEWAY}`, 2);
    }
  });

  it('Alertmanager says everything twice, and what was long ago: nothing changes', async () => {
    const { platform, window, underLoad, settled } = world();
    await settled();
    const before = await window.state();
    const others = ({ functions }: typeof before) => functions.filter((fn) => !fn.name.endsWith('/ruled')).map((fn) => [fn.name, fn.replicas]);
    const name = before.functions.find((fn) => fn.name.endsWith('/warm-node'))?.name ?? '';
    const labels = { function_name: name, namespace: platform.namespace, rule: 'old' };
    const longAgo = new Date(Date.now() - 3_600_000).toISOString();
    const alert = (alertname: string, endsAt: string) => ({ labels: { ...labels, alertname }, annotations: {}, startsAt: longAgo, endsAt });
    const webhook = { version: '4', status: 'firing', alerts: [{ ...alert(ALERTS.scaleUp, ''), status: 'firing' }], groupLabels: labels };
    const old = [ALERTS.scaleUp, ALERTS.scaleDown].map((alertname) => alert(alertname, longAgo));
    const active = [ALERTS.scaleUp, ALERTS.scaleDown].map((alertname) => alert(alertname, new Date(Date.now() + 60_000).toISOString()));
    const flood = async () => {
      const leader = await window.addressOfLeader();
      const [alertmanager] = await window.podsOf(ALERTMANAGER_NAME);
      for (let turn = 0; turn < 20; turn++) {
        const told = await post(`http://${leader}${SCALER_PATHS.alerts}`, webhook, window.token);
        const taken = await post(`http://${alertmanager?.status.podIP}:${PLATFORM_PORTS.alertmanager}/api/v2/alerts`, [...old, ...active], window.token);
        expect([told, taken]).toEqual([expect.toSatisfy((status) => status < 300), 200]);
        await sleep(100);
      }
      // An alert that its rule stands behind is heard among them all.
      await becomes(2, 'the rule does not raise');
    };
    const report = await underLoad('Alertmanager sends duplicates and old alerts', flood, { paths: ['/ruled', '/warm-node', '/warm-python'] });
    expect(report.inFlight).toBeGreaterThan(0);
    expect(report.wrong).toEqual([]);
    const after = await window.state();
    expect(others(after)).toEqual(others(before));
    expect(after.epoch).toBe(before.epoch);
  });
}

async function post(url: string, body: unknown, token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).status;
}
