import { describe, expect, test } from 'vitest';
import type { ScalingRuleSpec } from '../schema/scaling-rule.ts';
import { renderRuleGroups } from './rules.ts';
import { MAX_CUSTOM_EXPRESSIONS, planScaling, type ScalingInput } from './scaling-plan.ts';

const VERBATIM = 'sum by(function_name)(rate(function_invoke_total{code="200",rate="50"}[10s]))/50/0.85 > sum(function_service_count) by (function_name)';

function fn(name: string, scaling: { minReplicas?: number; stabilizationWindow?: string; targetRate?: number } = {}, namespace = 'shop') {
  return { metadata: { namespace, name }, spec: { scaling: { minReplicas: 0, maxReplicas: 10, idleTimeout: '60s', stabilizationWindow: '60s', ...scaling } } };
}

function rule(name: string, functions: string[], metric: Omit<ScalingRuleSpec, 'functions'>, namespace = 'shop') {
  return { metadata: { namespace, name }, spec: { functions, ...metric } };
}

const plan = (input: Partial<ScalingInput>) => planScaling({ functions: [fn('a'), fn('b')], rules: [], ...input });
const custom = (promql: string) => ({ custom: { promql } });
const concurrency = (utilizationPercent: number) => ({ concurrency: { utilizationPercent } });

describe('which rules a function follows', () => {
  test('none is named: the default rule, without a series of its own', () => {
    expect(plan({}).members.size).toBe(0);
  });

  test('a rule about its load replaces the default one', () => {
    expect(plan({ rules: [rule('r', ['a'], concurrency(50))] }).members).toEqual(new Map([['shop/a', ['concurrency-50']]]));
  });

  test('a rule that only tells of trouble stands beside the default one', () => {
    expect(plan({ rules: [rule('r', ['a'], { failures: { maxPercent: 5 } })] }).members).toEqual(new Map([['shop/a', ['default', 'failures-5']]]));
  });

  test('a refused rule stays, so that the function is not scaled in without it', () => {
    expect(plan({ rules: [rule('r', ['a'], custom('sum('))] }).members).toEqual(new Map([['shop/a', ['default', 'rejected']]]));
  });

  test('names are of the rule’s namespace', () => {
    const { members } = plan({ functions: [fn('a'), fn('a', {}, 'other')], rules: [rule('r', ['a'], concurrency(50), 'other')] });
    expect([...members.keys()]).toEqual(['other/a']);
  });
});

describe('what Prometheus evaluates', () => {
  test('equal metrics and equal expressions are one rule, across namespaces', () => {
    const rules = [
      rule('r1', ['a'], concurrency(50)),
      rule('r2', ['b'], concurrency(50)),
      rule('r3', ['a'], custom(VERBATIM)),
      rule('r4', ['a'], custom(` ${VERBATIM}\n`), 'other'),
    ];
    const { generated, custom: expressions } = plan({ rules });
    expect([generated.length, expressions.length]).toEqual([1, 1]);
  });

  test('1,000 functions more cost no rule more', () => {
    const many = Array.from({ length: 1000 }, (_, i) => fn(`f${i}`));
    expect(renderRuleGroups(plan({ functions: many }))).toEqual(renderRuleGroups(plan({ functions: [fn('a')] })));
  });

  test('the order of the input does not matter', () => {
    const rules = [rule('r1', ['a', 'b'], concurrency(50)), rule('r2', ['b'], custom(VERBATIM)), rule('r3', ['a'], custom('sum('))];
    expect(plan({ rules: [...rules].reverse() })).toEqual(plan({ rules }));
  });

  test('a comparison on top is the alert as it stands, and its left side the replicas wanted', () => {
    const [, group] = renderRuleGroups(plan({ rules: [rule('r', ['a'], custom(VERBATIM))] }));
    const [recording, alert] = group?.rules ?? [];
    expect(recording?.expr).toContain('(sum by(function_name)(rate(function_invoke_total{code="200",rate="50"}[10s]))/50/0.85)');
    expect(alert).toMatchObject({ alert: 'FibonacciScaleUp', expr: expect.stringContaining(`(${VERBATIM})`) as string });
  });

  test('an expression without a comparison is recorded, and the common alert compares', () => {
    const [, group] = renderRuleGroups(plan({ rules: [rule('r', ['a'], custom('sum by (function_name) (queue_length) / 10'))] }));
    expect(group?.rules).toHaveLength(1);
  });

  test.each([
    ['rate(x[10s])', '1000ms'],
    ['rate(x[1m])', '2000ms'],
    ['rate(x[1h])', '5000ms'],
    ['x', '1000ms'],
  ])('%s is evaluated each %s', (promql, interval) => {
    expect(renderRuleGroups(plan({ rules: [rule('r', ['a'], custom(promql))] }))[1]?.interval).toBe(interval);
  });

  test('each stabilization window has its alert', () => {
    const functions = [fn('a'), fn('b', { stabilizationWindow: '1m' }), fn('c', { stabilizationWindow: '90s' })];
    const alerts = renderRuleGroups(plan({ functions }))[0]?.rules.filter((r) => 'alert' in r && r.alert === 'FibonacciScaleDown');
    expect(alerts?.map((alert) => 'for' in alert && alert.for)).toEqual(['60000ms', '90000ms']);
  });
});

describe('what is told about a rule', () => {
  const outcome = (input: Partial<ScalingInput>) => plan(input).outcomes.at(-1);

  test('not PromQL', () => {
    expect(outcome({ rules: [rule('r', ['a'], custom('sum(a))'))] })).toMatchObject({
      accepted: false,
      reason: 'InvalidPromql',
      message: 'custom.promql: unexpected ")" at character 7',
    });
  });

  test('PromQL that Prometheus does not take', () => {
    const judge = () => ({ kind: 'refused', message: 'expected type range vector' }) as const;
    expect(outcome({ judge, rules: [rule('r', ['a'], custom('rate(a)'))] })).toMatchObject({
      accepted: false,
      message: 'custom.promql: Prometheus refuses it: expected type range vector',
    });
  });

  test('PromQL that Prometheus was not asked about yet', () => {
    const judged = plan({ judge: () => ({ kind: 'unknown' }), rules: [rule('r', ['a'], custom('x'))] });
    expect(judged.outcomes).toMatchObject([{ accepted: false, reason: 'NotChecked' }]);
    expect(judged.custom).toEqual([]);
  });

  test('too many different expressions in a namespace; an equal one still fits', () => {
    const rules = Array.from({ length: MAX_CUSTOM_EXPRESSIONS + 1 }, (_, i) => rule(`r${String(i).padStart(3, '0')}`, ['a'], custom(`x / ${i + 1}`)));
    expect(outcome({ rules })).toMatchObject({ accepted: false, reason: 'TooManyExpressions' });
    expect(outcome({ rules: [...rules.slice(0, -1), rule('r999', ['b'], custom('x / 1'))] })).toMatchObject({ accepted: true });
  });

  test('a function that is not there', () => {
    expect(outcome({ rules: [rule('r', ['a', 'nope'], concurrency(50))] })).toMatchObject({
      accepted: true,
      reason: 'FunctionNotFound',
      message: 'no such function: nope; the rule waits for it',
    });
  });

  test('requests a second without a rating', () => {
    const rules = [rule('r', ['a', 'b'], { requestsPerSecond: { utilizationPercent: 85 } })];
    expect(outcome({ rules, functions: [fn('a', { targetRate: 50 }), fn('b')] })).toMatchObject({
      reason: 'TargetRateMissing',
      message: expect.stringContaining('of b:') as string,
    });
  });
});
