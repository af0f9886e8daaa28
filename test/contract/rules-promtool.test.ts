import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { renderAlertmanagerConfig } from '../../protocol/monitoring/alertmanager.ts';
import { renderPrometheusConfig } from '../../protocol/monitoring/prometheus.ts';
import { renderRuleGroups, renderRulesFile } from '../../protocol/monitoring/rules.ts';
import { planScaling, type ScalingPlan } from '../../protocol/monitoring/scaling-plan.ts';
import type { ScalingRuleSpec } from '../../protocol/schema/scaling-rule.ts';
import { monitoringPrograms } from './rules-world/programs.ts';
import { testRules } from './rules-world/promtool.ts';
import { scalingRule } from './rules-world/world.ts';

const VERBATIM = 'sum by(function_name)(rate(function_invoke_total{code="200",rate="50"}[10s]))/50/0.85 > sum(function_service_count) by (function_name)';
const CLOCK = 'fibonacci_gateway_clock_seconds_total';
const UP = 'FibonacciScaleUp';
const DOWN = 'FibonacciScaleDown';

const fn = (name: string, scaling = {}) => ({
  metadata: { namespace: 'default', name },
  spec: { scaling: { minReplicas: 0, maxReplicas: 10, idleTimeout: '60s', stabilizationWindow: '60s', targetRate: 50, ...scaling } },
});

interface World {
  readonly plan: ScalingPlan;
  readonly rules: string;
  /** What the leader exports of the plan, and of the gateways. */
  readonly series: Record<string, string>;
}

/** The rules of functions a, b with these metrics, and the leader's series for 200 s. */
function world(rules: Readonly<Record<string, Omit<ScalingRuleSpec, 'functions'>>>, { count = 1, gateways = 1, scaling = {} } = {}): World {
  const plan = planScaling({
    functions: [fn('a', scaling), fn('b', scaling)],
    rules: Object.entries(rules).map(([name, metric]) => scalingRule(name, ['a'], metric)),
  });
  const series: Record<string, string> = { fibonacci_gateways: `${gateways}x200`, 'up{job="fibonacci-gateway",instance="g1"}': '1x200', [CLOCK]: '0+1x200' };
  for (const name of ['a', 'b']) {
    const labels = `function_name="default/${name}"`;
    Object.assign(series, {
      [`function_service_count{${labels}}`]: `${count}x200`,
      [`function_target_rate{${labels}}`]: '50x200',
      [`function_target_concurrency{${labels}}`]: '10x200',
      [`function_memory_limit_bytes{${labels}}`]: '1000x200',
      [`function_stabilization_seconds{${labels},window="60s"}`]: '60x200',
    });
  }
  for (const [name, followed] of plan.members) for (const rule of followed) series[`function_scaling_rule{function_name="${name}",rule="${rule}"}`] = '1x200';
  for (const [name, minimum] of plan.minimums) series[`function_min_replicas{function_name="${name}"}`] = `${minimum}x200`;
  return { plan, rules: renderRulesFile(renderRuleGroups(plan)), series };
}

const total = (name: string, labels = 'code="200",rate="50"') => `function_invoke_total{function_name="default/${name}",${labels}}`;
const inFlight = (name: string) => `function_in_flight{function_name="default/${name}"}`;
const desired = 'max by (function_name) (function_desired_replicas)';

describe('requests a second', () => {
  const { rules, series } = world({ r: { requestsPerSecond: { utilizationPercent: 85 } } });

  test('a step from 1 to 8 times the rated load is seen in full after 3 s', async () => {
    const step = { [total('a')]: '0+50x60 3400+400x60', ...series };
    const [before, after] = [{ 'default/a': 50 / 50 / 0.85 }, { 'default/a': 400 / 50 / 0.85 }];
    await testRules({
      rules,
      series: step,
      values: [
        { at: 60, promql: desired, are: before },
        { at: 63, promql: desired, are: after },
        { at: 75, promql: desired, are: after },
        { at: 90, promql: desired, are: after },
      ],
    });
  });

  test('noise of a third does not count as a step', async () => {
    // 90, 120, 60 requests a second in turn; 120 would need three instances.
    const noisy = Array.from({ length: 60 }, (_, i) => i * 90 + (i % 3 === 1 ? 30 : 0)).join(' ');
    const { rules: bare, series: own } = world({ r: { requestsPerSecond: { utilizationPercent: 100 } } }, { count: 2 });
    await testRules({ rules: bare, series: { ...own, [total('a')]: noisy }, alerts: [40, 41, 42, 43, 44, 45].map((at) => ({ at, name: UP, functions: [] })) });
  });

  test('a scrape that came late counts neither for its second nor for the next', async () => {
    // 45 a second; at second 40 the count is that of second 41.
    const late = Array.from({ length: 60 }, (_, i) => (i === 40 ? 41 : i) * 45).join(' ');
    const { rules: bare, series: own } = world({ r: { requestsPerSecond: { utilizationPercent: 100 } } });
    await testRules({ rules: bare, series: { ...own, [total('a')]: late }, alerts: [40, 41, 42, 43].map((at) => ({ at, name: UP, functions: [] })) });
  });

  test('scrapes that come late again and again ask for nothing: counts are of the gateway’s own time', async () => {
    // 45 a second; every third scrape comes half a second late, and says so.
    const moments = Array.from({ length: 60 }, (_, i) => i + (i % 3 === 0 ? 0.5 : 0));
    const { rules: bare, series: own } = world({ r: { requestsPerSecond: { utilizationPercent: 100 } } });
    const late = { [total('a')]: moments.map((at) => at * 45).join(' '), [CLOCK]: moments.join(' ') };
    await testRules({ rules: bare, series: { ...own, ...late }, values: [40, 41, 42].map((at) => ({ at, promql: desired, are: { 'default/a': 45 / 50 } })) });
  });

  test('errors count as requests: they too keep an instance busy', async () => {
    const failing = { [total('a')]: '0+50x60', [total('a', 'code="5xx",rate="50"')]: '0+50x60', ...series };
    await testRules({ rules, series: failing, values: [{ at: 50, promql: desired, are: { 'default/a': 100 / 50 / 0.85 } }] });
  });
});

describe('concurrency', () => {
  test('functions without a rule follow it at 70 percent', async () => {
    const { rules, series } = world({});
    await testRules({
      rules,
      series: { ...series, [inFlight('a')]: '7x60', [inFlight('b')]: '28x60' },
      alerts: [{ at: 50, name: UP, functions: ['default/b'] }],
      values: [{ at: 50, promql: desired, are: { 'default/a': 1, 'default/b': 4 } }],
    });
  });

  test('one sample of a stalled moment does not count', async () => {
    const { rules, series } = world({});
    await testRules({ rules, series: { ...series, [inFlight('a')]: '5x40 30 5x40' }, alerts: [41, 42, 43, 44].map((at) => ({ at, name: UP, functions: [] })) });
  });

  test('what waits counts, and several gateways add up', async () => {
    const { rules, series } = world({ r: { concurrency: { utilizationPercent: 100 } } });
    const load = {
      'function_in_flight{function_name="default/a",instance="g1"}': '10x60',
      'function_in_flight{function_name="default/a",instance="g2"}': '10x60',
      'function_waiting{function_name="default/a",instance="g2"}': '5x60',
    };
    await testRules({ rules, series: { ...series, ...load }, values: [{ at: 50, promql: desired, are: { 'default/a': 2.5 } }] });
  });
});

describe('custom', () => {
  test('the verbatim rule fires as it stands, for the functions that its ScalingRule names and no other', async () => {
    const { rules, series, plan } = world({ r: { custom: { promql: VERBATIM } } });
    const rule = plan.custom[0]?.rule ?? '';
    const load = { [total('a')]: '0+200x60', [total('b')]: '0+200x60' };
    await testRules({
      rules,
      series: { ...series, ...load },
      alerts: [{ at: 30, name: UP, functions: ['default/a'], labels: { rule } }],
      values: [{ at: 30, promql: desired, are: { 'default/a': 200 / 50 / 0.85 } }],
    });
  });

  test('a comment at its end harms nothing', async () => {
    const { rules, series } = world({ r: { custom: { promql: 'sum by (function_name) (queue) / 10 # ten each' } } });
    await testRules({
      rules,
      series: { ...series, 'queue{function_name="default/a"}': '55x60' },
      values: [{ at: 30, promql: desired, are: { 'default/a': 5.5 } }],
    });
  });
});

describe('CPU and memory of the instances', () => {
  const cpu = (instance: string) => `function_watcher_cpu_seconds_total{function_name="default/a",instance="${instance}"}`;
  const memory = (instance: string) => `function_watcher_memory_bytes{function_name="default/a",instance="${instance}"}`;
  const { rules, series } = world({ c: { cpu: { targetMillicores: 500 } }, m: { memory: { utilizationPercent: 50 } } }, { count: 2 });
  const byRule = (rule: string) => `max by (function_name) (function_desired_replicas{rule="${rule}"})`;

  test('all report: the sum by the target', async () => {
    const load = { [cpu('1')]: '0+1x100', [cpu('2')]: '0+1x100', [memory('1')]: '1000x100', [memory('2')]: '500x100' };
    await testRules({
      rules,
      series: { ...series, ...load },
      values: [
        { at: 60, promql: byRule('cpu-500m'), are: { 'default/a': 4 } },
        { at: 60, promql: byRule('memory-50'), are: { 'default/a': 3 } },
      ],
    });
  });

  test('one of two does not report: no value, and so no scaling in', async () => {
    await testRules({
      rules,
      series: { ...series, [cpu('1')]: '0+0x100', [memory('1')]: '1x100' },
      values: [{ at: 60, promql: desired, are: {} }],
      alerts: [{ at: 150, name: DOWN, functions: [] }],
    });
  });
});

describe('failures, timeouts, duration', () => {
  const { rules, series } = world({ f: { failures: { maxPercent: 10 } } }, { count: 4 });
  const failures = 'max by (function_name) (function_desired_replicas{rule="failures-10"})';

  test.each([
    ['above the limit: half more', 20, 6],
    ['near it: as many as there are', 8, 4],
    ['far below: nothing', 1, 0],
  ])('%s', async (_, failed, replicas) => {
    const load = { [total('a')]: `0+${100 - failed}x60`, [total('a', 'code="5xx"')]: `0+${failed}x60` };
    await testRules({ rules, series: { ...series, ...load }, values: [{ at: 50, promql: failures, are: { 'default/a': replicas } }] });
  });

  test('without requests nothing is asked for', async () => {
    await testRules({ rules, series: { ...series, [total('a')]: '5x60' }, values: [{ at: 50, promql: failures, are: { 'default/a': 0 } }] });
  });

  test('the default rule goes on beside it', async () => {
    await testRules({
      rules,
      series: { ...series, [total('a')]: '5x60', [inFlight('a')]: '70x60' },
      values: [{ at: 50, promql: desired, are: { 'default/a': 10 } }],
    });
  });

  test.each([
    ['timeouts', { timeouts: { maxPercent: 10 } }, { [total('a')]: '0+80x60', [total('a', 'code="504"')]: '0+20x60' }],
    ['duration', { duration: { target: '500ms' } }, { [total('a')]: '0+10x60', 'function_invoke_duration_seconds_sum{function_name="default/a"}': '0+6x60' }],
  ] as const)('%s', async (name, metric, load) => {
    const { rules: bare, series: own, plan } = world({ r: metric }, { count: 4 });
    const rule = plan.generated[0]?.rule ?? '';
    expect(rule).toContain(name);
    await testRules({
      rules: bare,
      series: { ...own, ...load },
      values: [{ at: 50, promql: `max by (function_name) (function_desired_replicas{rule="${rule}"})`, are: { 'default/a': 6 } }],
    });
  });
});

describe('scaling in', () => {
  const low = { [inFlight('a')]: '7x200' };
  const down = (at: number, ...functions: string[]) => ({ at, name: DOWN, functions, labels: { window: '1m' } });

  test('fires after the stabilization window, not before', async () => {
    const { rules, series } = world({}, { count: 5 });
    await testRules({ rules, series: { ...series, ...low }, alerts: [down(50), down(65, 'default/a')] });
  });

  test('begins anew with each need in between', async () => {
    const { rules, series } = world({}, { count: 5 });
    await testRules({ rules, series: { ...series, [inFlight('a')]: '7x40 70x2 7x150' }, alerts: [down(90), down(160, 'default/a')] });
  });

  test('one is kept, and the minimum', async () => {
    const one = world({}, { count: 1 });
    await testRules({ rules: one.rules, series: { ...one.series, [inFlight('a')]: '0x200' }, alerts: [down(150)] });
    const three = world({}, { count: 3, scaling: { minReplicas: 3 } });
    await testRules({ rules: three.rules, series: { ...three.series, [inFlight('a')]: '0x200' }, alerts: [down(150)] });
  });

  test('a load on the edge keeps the instance: 10 percent of margin', async () => {
    const { rules, series } = world({}, { count: 5 });
    await testRules({ rules, series: { ...series, [inFlight('a')]: '27x200' }, alerts: [down(150)] });
  });

  test.each<[string, Partial<Record<string, string>>, { gateways?: number }]>([
    ['one of two live gateways is not scraped', {}, { gateways: 2 }],
    ['the gateway does not answer', { 'up{job="fibonacci-gateway",instance="g1"}': '0x200' }, {}],
    ['the gateway was not scraped for some seconds', { 'up{job="fibonacci-gateway",instance="g1"}': '1x140 _x60' }, {}],
    ['it failed within the long window', { 'up{job="fibonacci-gateway",instance="g1"}': '1x130 0x2 1x60' }, {}],
    ['the leader is not scraped', { fibonacci_gateways: '1x140 _x60' }, {}],
    ['there are no samples of the load', { [inFlight('a')]: '7x100 _x100' }, {}],
    ['it never had any', { [inFlight('a')]: '_x200' }, {}],
  ])('never, while %s', async (_, changed, options) => {
    const { rules, series } = world({}, { count: 5, ...options });
    await testRules({ rules, series: { ...series, ...low, ...changed } as Record<string, string>, alerts: [down(145)] });
  });

  test('never, while one of the function’s rules has no data', async () => {
    const { rules, series } = world({ r: { requestsPerSecond: { utilizationPercent: 85 } }, c: { concurrency: { utilizationPercent: 50 } } }, { count: 5 });
    await testRules({ rules, series: { ...series, ...low }, alerts: [down(150)] });
    await testRules({ rules, series: { ...series, ...low, [total('a')]: '0+10x200' }, alerts: [down(150, 'default/a')] });
  });

  test('not again for a quarter of an hour, once replicas had to grow again after it', async () => {
    const { rules, series } = world({}, { count: 5 });
    const count = (samples: string) => ({ ...series, ...low, 'function_service_count{function_name="default/a"}': samples });
    await testRules({ rules, series: count('5x70 3x130'), alerts: [down(65, 'default/a'), down(140, 'default/a')] });
    await testRules({ rules, series: count('5x70 3x30 5x100'), alerts: [down(65, 'default/a'), down(190)] });
    await testRules({ rules, series: count('0x10 5x60 0x20 5x110'), alerts: [down(190, 'default/a')] });
  });

  test('never, while a rule of the function is refused', async () => {
    const { rules, series } = world({ broken: { custom: { promql: 'sum(' } } }, { count: 5 });
    await testRules({ rules, series: { ...series, ...low }, alerts: [down(150)] });
  });
});

test('no samples at all: no alert', async () => {
  const { rules } = world({ r: { requestsPerSecond: { utilizationPercent: 85 } }, v: { custom: { promql: VERBATIM } } });
  await testRules({ rules, series: {}, alerts: [UP, DOWN].map((name) => ({ at: 100, name, functions: [] })) });
});

test('Prometheus and Alertmanager accept what is rendered', async () => {
  const { promtool, alertmanager } = await monitoringPrograms();
  const dir = await mkdtemp(join(tmpdir(), 'rendered-'));
  try {
    const every = {
      r: { requestsPerSecond: { utilizationPercent: 85 } },
      c: { cpu: { targetMillicores: 5 } },
      m: { memory: { utilizationPercent: 80 } },
      d: { duration: { target: '1s' } },
      t: { timeouts: { maxPercent: 1 } },
      f: { failures: { maxPercent: 1 } },
      v: { custom: { promql: VERBATIM } },
    };
    const ruleFiles = [join(dir, 'rules.yml')];
    const tokenFile = join(dir, 'token');
    await writeFile(tokenFile, 'x');
    await writeFile(ruleFiles[0] ?? '', world(every).rules);
    await writeFile(
      join(dir, 'prometheus.yml'),
      renderPrometheusConfig({ gateways: ['127.0.0.1:1'], scalers: ['127.0.0.1:2'], alertmanager: '127.0.0.1:3', ruleFiles, tokenFile }),
    );
    await writeFile(join(dir, 'alertmanager.yml'), renderAlertmanagerConfig({ scalerUrl: 'http://127.0.0.1:2', tokenFile }));
    const { stdout } = await promisify(execFile)(promtool, ['check', 'config', join(dir, 'prometheus.yml')]);
    expect(stdout).toContain('SUCCESS: /');
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
    // It has no check of its own: it starts with it, or tells what is wrong.
    const start = promisify(execFile)(
      alertmanager,
      [`--config.file=${join(dir, 'alertmanager.yml')}`, `--storage.path=${dir}`, '--web.listen-address=127.0.0.1:0', '--cluster.listen-address='],
      { timeout: 1000 },
    );
    await expect(start).rejects.toMatchObject({ killed: true, stderr: expect.not.stringContaining('level=error') as string });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
