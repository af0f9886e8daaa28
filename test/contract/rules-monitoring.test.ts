import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { functionObject, packageOf } from './platform/objects.ts';
import { NAMESPACE, scalingRule, startWorld, type World } from './rules-world/world.ts';

/** The rule of the platform's first users, as it stands in the architecture. */
const VERBATIM = 'sum by(function_name)(rate(function_invoke_total{code="200",rate="50"}[10s]))/50/0.85 > sum(function_service_count) by (function_name)';

const code = packageOf({ 'index.js': '' });
const fn = (name: string, scaling: { targetRate?: number } = { targetRate: 50 }) =>
  functionObject(name, code, { scaling: { stabilizationWindow: '6s', maxReplicas: 100, ...scaling } });
const rated = { rps: 40, rate: 50, inFlight: 10 };

let world: World;

/** Shared evenly by both gateways. */
function setLoad(name: string, times: number): void {
  for (const gateway of world.gateways)
    gateway.setLoad(`${NAMESPACE}/${name}`, { rate: 50, rps: (rated.rps * times) / 2, inFlight: (rated.inFlight * times) / 2 });
}

async function pidOf(daemon: string): Promise<number | undefined> {
  const text = await readFile(join(world.dir, 'processes', `${daemon}.json`), 'utf8').catch(() => '{}');
  return (JSON.parse(text) as { pid?: number }).pid;
}

async function signal(daemon: string, name: NodeJS.Signals): Promise<number> {
  const pid = await pidOf(daemon);
  if (pid === undefined) throw new Error(`${daemon} does not run`);
  process.kill(pid, name);
  return pid;
}

const alertsOf = async (name: string) => (await world.alerts()).filter(({ labels }) => labels['function'] === name);
const accepted = async (name: string) => (await world.store.get('ScalingRule', NAMESPACE, name))?.status?.conditions?.[0];

beforeAll(async () => {
  const names = ['verbatim', 'rated', 'silenced', 'shrinks', 'held', 'inhibited'];
  world = await startWorld({
    gateways: 2,
    functions: [...names.map((name) => fn(name)), fn('plain', {}), fn('refused', {})],
    rules: [
      scalingRule('own', ['verbatim'], { custom: { promql: VERBATIM } }),
      scalingRule('rated', ['rated', 'silenced', 'held'], { requestsPerSecond: { utilizationPercent: 85 } }),
      scalingRule('types', ['refused'], { custom: { promql: 'rate(function_invoke_total)' } }),
    ],
  });
  for (const name of [...names, 'plain', 'refused']) setLoad(name, 1);
  await world.until('the load is known', async () => (await world.query('function:requests:rate:short > 30')).length === 8, 40_000);
}, 60_000);

afterAll(async () => world?.close());

describe('a load of 8 times the rated one', () => {
  beforeAll(() => {
    world.mark();
    for (const name of ['verbatim', 'rated', 'plain']) setLoad(name, 8);
  });

  test('by the generated rules: right within 5 s', async () => {
    await world.until('requests a second', () => world.replicas('rated') === 8, 15_000);
  });

  test('by the default rule: right within 5 s', async () => {
    await world.until('concurrency', () => world.replicas('plain') === 8, 15_000);
  });

  test('by the verbatim rule: a first step within 3 s, right within 12 s', async () => {
    await world.until('right', () => world.replicas('verbatim') === 8, 36_000);
    expect(world.steps('verbatim')[0]?.atMs).toBeLessThanOrEqual(3000);
  });

  test('every step led upwards', () => {
    for (const name of ['verbatim', 'rated', 'plain']) {
      const replicas = world.steps(name).map((step) => step.replicas);
      expect(replicas).toEqual([...replicas].sort((a, b) => a - b));
    }
  });
});

describe('a silence', () => {
  test('freezes a function for which there is no alert; once it is gone, the rules speak again', async () => {
    expect(await alertsOf('silenced')).toEqual([]);
    const id = await world.silence({ namespace: NAMESPACE, function: 'silenced' });
    await world.until('frozen', () => world.view().frozen.has('default/silenced'), 21_000);
    expect([...world.view().frozen]).toEqual(['default/silenced']);
    setLoad('silenced', 8);
    await world.until(
      'the alert fires, and is suppressed',
      async () => (await alertsOf('silenced')).some(({ status }) => status.state === 'suppressed'),
      10_000,
    );
    expect(world.replicas('silenced')).toBe(1);
    await world.unsilence(id);
    await world.until('out', () => world.replicas('silenced') === 8, 30_000);
  });
});

describe('scaling in', () => {
  test('waits for every live gateway', async () => {
    world.gateways[1]?.setUp(false);
    await world.until('one gateway is not seen', async () => (await world.query('fibonacci:gateways:fresh')).length === 0, 15_000);
    world.setReplicas('shrinks', 5);
    await expect(world.until('in', () => world.replicas('shrinks') < 5, 9000)).rejects.toThrow('not within');
    world.gateways[1]?.setUp(true);
  });

  test('is inhibited by a scale-up of the same function', async () => {
    world.setReplicas('inhibited', 3);
    const labels = (alertname: string) => ({ alertname, function_name: 'default/inhibited', namespace: NAMESPACE, function: 'inhibited', origin: 'test' });
    const post = (endsAt: Date, ...alertnames: string[]) =>
      fetch(`${world.monitoring.alertmanagerUrl}/api/v2/alerts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(alertnames.map((alertname) => ({ labels: labels(alertname), endsAt: endsAt.toISOString() }))),
      });
    await post(new Date(Date.now() + 60_000), 'FibonacciScaleUp', 'FibonacciScaleDown');
    await world.until('inhibited', async () => (await alertsOf('inhibited')).some(({ status }) => status.inhibitedBy.length > 0), 15_000);
    await world.until('the scale-up is what counts', () => world.verdict('inhibited')?.kind === 'out', 9000);
    expect(world.replicas('inhibited')).toBe(3);
    await post(new Date(), 'FibonacciScaleUp');
    await world.until('in', () => world.replicas('inhibited') === 1, 15_000);
  });
});

describe('a rule that Prometheus does not take', () => {
  test('is told in its status, and harms no other', async () => {
    expect(await accepted('types')).toMatchObject({
      status: 'False',
      reason: 'InvalidPromql',
      message: expect.stringContaining('expected type range vector') as string,
    });
    expect(await accepted('own')).toMatchObject({ status: 'True' });
  });

  test('corrected, it is taken without a restart', async () => {
    await world.store.apply(scalingRule('types', ['refused'], { custom: { promql: 'sum by (function_name) (rate(function_invoke_total[5s])) / 11' } }));
    await world.until('accepted', async () => (await accepted('types'))?.status === 'True', 9000);
    await world.until('out', () => world.replicas('refused') === 4, 24_000);
  });
});

test('once the gateway is seen for long enough, and the need was low for the window, replicas go', async () => {
  await world.until('fresh', async () => (await world.query('fibonacci:gateways:fresh')).length > 0, 80_000);
  world.mark();
  const ms = await world.until('in', () => world.replicas('shrinks') === 1, 36_000);
  expect(ms).toBeGreaterThan(5000);
});

describe('monitoring that does not answer holds the replicas', () => {
  beforeAll(() => {
    world.setObeys('held', false);
    world.setReplicas('held', 4);
    setLoad('held', 0.5);
  });

  test.each(['prometheus', 'alertmanager'])('%s', async (daemon) => {
    await world.until('fewer are enough', () => world.verdict('held')?.kind === 'in', 90_000);
    await signal(daemon, 'SIGSTOP');
    try {
      await world.until('held', () => world.verdict('held')?.kind === 'hold', 30_000);
      expect(world.verdict('held')).toEqual({ kind: 'hold', reason: 'monitoring-down' });
    } finally {
      await signal(daemon, 'SIGCONT');
    }
    await world.until('it answers again', () => world.verdict('held')?.kind === 'in', 45_000);
  });

  test('Prometheus killed is started again', async () => {
    const pid = await signal('prometheus', 'SIGKILL');
    await world.until(
      'another process answers',
      async () => (await pidOf('prometheus')) !== pid && (await world.query('up').catch(() => [])).length > 0,
      10_000,
    );
  });
});
