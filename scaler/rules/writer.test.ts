import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLog } from '../../kit/log.ts';
import { createMetrics } from '../../kit/metrics.ts';
import type { RuleOutcome } from '../../protocol/monitoring/scaling-plan.ts';
import type { FunctionResource, ScalingRuleResource } from '../../protocol/schema/resources.ts';
import { type RulesWriter, startRulesWriter } from './writer.ts';

/** What Prometheus does: it may be away, refuse an expression, or refuse all rules. */
let prometheus: { away: boolean; refuses: string[]; refusesRules: boolean; reloads: number; late: number };
/** Text that it evaluates: with `late` reloads it gets what was written. */
let loaded: string | undefined;
let file: { text: string | undefined; before: string | undefined };
let rules: ScalingRuleResource[];
let functions: FunctionResource[];
let outcomes: readonly RuleOutcome[];
let writer: RulesWriter;
const metrics = () => gauges.render();
let gauges: ReturnType<typeof createMetrics>;
const settle = () => vi.advanceTimersByTimeAsync(60);

function fn(name: string, minReplicas = 0) {
  return {
    metadata: { namespace: 'shop', name },
    spec: { scaling: { minReplicas, maxReplicas: 5, idleTimeout: '60s', stabilizationWindow: '60s' } },
  } as FunctionResource;
}

function custom(name: string, promql: string, functions = ['cart']) {
  return { metadata: { namespace: 'shop', name }, spec: { functions, custom: { promql } } } as ScalingRuleResource;
}

beforeEach(() => {
  vi.useFakeTimers();
  prometheus = { away: false, refuses: [], refusesRules: false, reloads: 0, late: 0 };
  loaded = undefined;
  file = { text: undefined, before: undefined };
  rules = [];
  functions = [fn('cart'), fn('pay', 3)];
  outcomes = [];
  gauges = createMetrics();
  writer = startRulesWriter({
    prometheus: {
      check: (promql) =>
        prometheus.away ? Promise.reject(new Error('away')) : Promise.resolve(prometheus.refuses.includes(promql) ? 'no such thing' : undefined),
      reload() {
        if (prometheus.away) return Promise.reject(new Error('away'));
        prometheus.reloads++;
        if (prometheus.late-- > 0) return Promise.resolve(undefined);
        if (prometheus.refusesRules) return Promise.resolve('500 bad rules');
        loaded = file.text;
        return Promise.resolve(undefined);
      },
      rulesVersion: () => Promise.resolve(/version: "?([0-9a-f]{16})/.exec(loaded ?? '')?.[1]),
    },
    target: {
      write(text) {
        const changed = text !== file.text;
        if (changed) file = { text, before: file.text };
        return Promise.resolve(changed);
      },
      restore: () => Promise.resolve(void (file.text = file.before)),
    },
    gauges: { scalingRule: gauges.gauge('function_scaling_rule', 'r'), minReplicas: gauges.gauge('function_min_replicas', 'm') },
    resources: () => ({ functions, rules }),
    onOutcomes: (all) => (outcomes = all),
    log: silentLog,
  });
});

afterEach(async () => {
  await writer.close();
  vi.useRealTimers();
});

test('a burst of changes is one write and one reload', async () => {
  for (let i = 0; i < 20; i++) writer.changed();
  await settle();
  expect(prometheus.reloads).toBe(1);
  expect(file.text).toContain('FibonacciScaleUp');
});

test('a function more is no reload, only a series', async () => {
  rules = [custom('r', 'queue > 1', ['cart', 'late'])];
  writer.changed();
  await settle();
  functions = [...functions, fn('late')];
  writer.changed();
  await settle();
  expect(prometheus.reloads).toBe(1);
  expect(metrics()).toMatch(/function_scaling_rule\{function_name="shop\/late",rule="custom-alert-/);
  expect(metrics()).toContain('function_min_replicas{function_name="shop/pay"} 3');
});

test('a function that is gone takes its series along', async () => {
  rules = [custom('r', 'queue')];
  writer.changed();
  await settle();
  functions = [];
  writer.changed();
  await settle();
  expect(metrics()).not.toContain('shop/');
});

test('an expression that Prometheus refuses is not written; others are', async () => {
  prometheus.refuses = ['rate(bad)'];
  rules = [custom('a', 'rate(bad)'), custom('b', 'sum by (function_name) (good)')];
  writer.changed();
  await settle();
  expect(file.text).toContain('(good)');
  expect(file.text).not.toContain('bad');
  expect(outcomes).toMatchObject([
    { name: 'a', accepted: false, message: expect.stringContaining('no such thing') as string },
    { name: 'b', accepted: true },
  ]);
});

test('while Prometheus is away nothing unchecked is written; once it is back it gets all', async () => {
  prometheus.away = true;
  rules = [custom('a', 'sum by (function_name) (good)')];
  writer.changed();
  await settle();
  expect(file.text).not.toContain('(good)');
  expect(outcomes).toMatchObject([{ reason: 'NotChecked' }]);
  prometheus.away = false;
  await vi.advanceTimersByTimeAsync(2500);
  expect(file.text).toContain('(good)');
  expect(outcomes).toMatchObject([{ accepted: true }]);
  expect(prometheus.reloads).toBeGreaterThan(0);
});

test('rules that Prometheus refuses as a whole give way to the former ones', async () => {
  writer.changed();
  await settle();
  const former = file.text;
  prometheus.refusesRules = true;
  rules = [custom('a', 'x')];
  writer.changed();
  await settle();
  expect(file.text).toBe(former);
});

test('rules that reach Prometheus late are asked for until it evaluates them', async () => {
  prometheus.late = 2;
  writer.changed();
  await settle();
  expect(loaded).toBeUndefined();
  await vi.advanceTimersByTimeAsync(4500);
  expect(loaded).toBe(file.text);
  const { reloads } = prometheus;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(prometheus.reloads).toBe(reloads);
});

test('rules that reach Prometheus late and are refused then give way to the former ones too', async () => {
  writer.changed();
  await settle();
  const former = file.text;
  prometheus.late = 1;
  prometheus.refusesRules = true;
  rules = [custom('a', 'x')];
  writer.changed();
  await settle();
  expect(file.text).not.toBe(former);
  await vi.advanceTimersByTimeAsync(2500);
  expect(file.text).toBe(former);
});
