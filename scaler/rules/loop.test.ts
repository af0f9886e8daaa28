import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { silentLog } from '../../kit/log.ts';
import type { RulesView } from '../decide/verdict.ts';
import type { AlertView } from './alertmanager-client.ts';
import { type RulesLoop, startRulesLoop } from './loop.ts';
import type { Sample } from './prometheus-client.ts';

const FN = 'shop/cart';
const up = (): AlertView => ({ alert: 'FibonacciScaleUp', function: FN, state: 'active', silenced: false, inhibited: false, endsAt: Date.now() + 20_000 });
const down = (): AlertView => ({ ...up(), alert: 'FibonacciScaleDown' });

let alerts: () => Promise<AlertView[]>;
let desired: number;
let queries: string[];
let views: RulesView[];
let loop: RulesLoop;
const verdict = () => views.at(-1)?.verdicts.get(FN);
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

beforeEach(() => {
  vi.useFakeTimers();
  alerts = () => Promise.resolve([]);
  desired = 2;
  queries = [];
  views = [];
  loop = startRulesLoop({
    alertmanager: { alerts: () => alerts(), silences: () => Promise.resolve([]) },
    prometheus: {
      query(promql) {
        queries.push(promql);
        const sample: Sample = { labels: { function_name: FN, rule: 'default' }, value: desired };
        return Promise.resolve([sample]);
      },
    },
    functions: () => new Map([[FN, { spec: { scaling: { stabilizationWindow: '90s' } } }]]),
    onView: (view) => views.push(view),
    log: silentLog,
  });
});

afterEach(async () => {
  await loop.close();
  vi.useRealTimers();
});

test('it looks at once, then seldom, while nothing fires', async () => {
  await pass(0);
  expect(views).toHaveLength(1);
  await pass(20_000);
  expect(views.length).toBeLessThanOrEqual(5);
  expect(queries).toEqual([]);
});

test('a nudge makes it look at once', async () => {
  await pass(0);
  alerts = () => Promise.resolve([up()]);
  loop.nudge();
  await pass(0);
  expect(verdict()).toEqual({ kind: 'out', replicas: 2 });
});

test('while an alert fires it follows the growing value each second, without a nudge', async () => {
  alerts = () => Promise.resolve([up()]);
  await pass(0);
  loop.nudge();
  await pass(0);
  desired = 7.5;
  await pass(1000);
  expect(verdict()).toEqual({ kind: 'out', replicas: 8 });
});

test('nudges while it looks lead to one more look, not to several', async () => {
  let release = () => {};
  alerts = () => new Promise((resolve) => (release = () => resolve([])));
  await pass(6000);
  const before = views.length;
  for (let i = 0; i < 10; i++) loop.nudge();
  alerts = () => Promise.resolve([]);
  release();
  await pass(0);
  expect(views.length - before).toBe(2);
});

test('a scale-down asks for the need within the function’s own window', async () => {
  alerts = () => Promise.resolve([down()]);
  await pass(6000);
  expect(queries.some((promql) => promql.startsWith('max_over_time(') && promql.includes('shop/cart') && promql.includes('[90000ms]'))).toBe(true);
  expect(verdict()).toEqual({ kind: 'in', replicas: 3 });
});

describe('no answer', () => {
  test('holds, tries again each second, and goes on when there is one', async () => {
    await pass(0);
    alerts = () => Promise.reject(new Error('refused'));
    loop.nudge();
    await pass(0);
    expect(verdict()).toEqual({ kind: 'hold', reason: 'monitoring-down' });
    alerts = () => Promise.resolve([up()]);
    await pass(1000);
    expect(verdict()).toEqual({ kind: 'out', replicas: 2 });
  });
});

test('closed, it looks no more', async () => {
  await pass(0);
  await loop.close();
  loop.nudge();
  await pass(20_000);
  expect(views).toHaveLength(1);
});
