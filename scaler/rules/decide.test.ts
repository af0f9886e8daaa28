import { describe, expect, test } from 'vitest';
import type { AlertView } from './alertmanager-client.ts';
import { decideRules, type Observation } from './decide.ts';

const NOW = 1_000_000;
const FN = 'shop/cart';

function alert(kind: 'Up' | 'Down', state: 'active' | 'silenced' | 'inhibited' | 'unprocessed' = 'active', more: Partial<AlertView> = {}): AlertView {
  const suppressed = state === 'silenced' || state === 'inhibited';
  return {
    alert: `FibonacciScale${kind}`,
    function: FN,
    state: suppressed ? 'suppressed' : state,
    silenced: state === 'silenced',
    inhibited: state === 'inhibited',
    endsAt: NOW + 20_000,
    ...more,
  };
}

type Desired = Readonly<Record<string, number>>;

function decide(alerts: AlertView[], desired: Desired | undefined, sustained?: number) {
  const observation: Observation = {
    kind: 'seen',
    alerts,
    silences: [],
    desired: new Map(desired ? [[FN, new Map(Object.entries(desired))]] : []),
    sustained: new Map(sustained === undefined ? [] : [[FN, sustained]]),
  };
  return decideRules({ observation, functions: [FN], frozen: new Set(), now: NOW }).verdicts.get(FN);
}

describe('out', () => {
  test.each<[string, AlertView[], Desired, number]>([
    ['fractions are whole replicas', [alert('Up')], { default: 2.2 }, 3],
    ['a sum that is inexact is not one more', [alert('Up')], { default: 3.0000000001 }, 3],
    ['several rules: the highest', [alert('Up')], { default: 2, 'requestsPerSecond-85': 5, minimum: 3 }, 5],
    ['a rule without a number is left out', [alert('Up')], { default: NaN, 'cpu-500m': 2 }, 2],
    ['a scale-up beside a scale-down counts', [alert('Up'), alert('Down')], { default: 4 }, 4],
    [
      'an own alert speaks for its expression alone',
      [alert('Up', 'active', { rule: 'custom-alert-1' })],
      { default: 9, 'custom-alert-1': 3, 'custom-alert-2': 8 },
      3,
    ],
    ['the common alert speaks for all but those', [alert('Up')], { default: 2, 'custom-alert-1': 7 }, 2],
    ['both', [alert('Up'), alert('Up', 'active', { rule: 'custom-alert-1' })], { default: 2, 'custom-alert-1': 7 }, 7],
    ['one that is silenced does not count', [alert('Up'), alert('Up', 'silenced', { rule: 'custom-alert-1' })], { default: 2, 'custom-alert-1': 7 }, 2],
    ['the same alert twice is the same order', [alert('Up'), alert('Up')], { default: 2 }, 2],
  ])('%s', (_, alerts, desired, replicas) => {
    expect(decide(alerts, desired)).toEqual({ kind: 'out', replicas });
  });
});

describe('in', () => {
  test.each<[string, Desired, number, number]>([
    ['with a margin, so that a load on the edge does not flap', { default: 1.95 }, 1.95, 3],
    ['to the highest need of the window, not to the last', { default: 1 }, 4, 5],
    ['to the highest of the rules, own alerts included', { default: 1, 'custom-alert-1': 3 }, 2, 4],
    ['never below one: the last instance goes by idle reports', { default: 0 }, 0, 1],
  ])('%s', (_, desired, sustained, replicas) => {
    expect(decide([alert('Down')], desired, sustained)).toEqual({ kind: 'in', replicas });
  });
});

describe('hold', () => {
  test.each<[string, AlertView[], Desired | undefined, number | undefined, string]>([
    ['scale-up without data', [alert('Up')], undefined, undefined, 'no-data'],
    ['scale-up whose rules are no numbers', [alert('Up')], { default: NaN }, undefined, 'no-data'],
    ['scale-up by +Inf', [alert('Up')], { default: Infinity }, undefined, 'no-data'],
    ['scale-up by an own alert whose expression was not recorded', [alert('Up', 'active', { rule: 'custom-alert-1' })], { default: 3 }, undefined, 'no-data'],
    ['scale-down without data', [alert('Down')], undefined, 2, 'no-data'],
    ['scale-down without the window', [alert('Down')], { default: 1 }, undefined, 'no-data'],
    ['scale-down with one rule that is no number', [alert('Down')], { default: 1, 'cpu-500m': NaN }, 1, 'no-data'],
    ['scale-down inhibited', [alert('Down', 'inhibited')], { default: 1 }, 1, 'inhibited'],
    ['scale-down silenced', [alert('Down', 'silenced')], { default: 1 }, 1, 'steady'],
    ['scale-up silenced', [alert('Up', 'silenced')], { default: 9 }, 1, 'steady'],
    ['scale-up not yet looked at', [alert('Up', 'unprocessed')], { default: 9 }, 1, 'steady'],
  ])('%s', (_, alerts, desired, sustained, reason) => {
    expect(decide(alerts, desired, sustained)).toEqual({ kind: 'hold', reason });
  });
});

describe('no verdict, which is to hold', () => {
  test('without an alert: a scale-up that is resolved is no order to shrink', () => {
    expect(decide([], { default: 1 }, 1)).toBeUndefined();
  });

  test('an old alert', () => {
    expect(decide([alert('Up', 'active', { endsAt: NOW })], { default: 9 })).toBeUndefined();
  });

  test('an alert about a function that is not ours', () => {
    expect(decide([alert('Up', 'active', { function: 'shop/gone' })], { default: 9 })).toBeUndefined();
  });
});

describe('monitoring down', () => {
  test('holds every function, and keeps frozen what was', () => {
    const view = decideRules({ observation: { kind: 'down' }, functions: ['a/b', 'a/c'], frozen: new Set(['a/c']), now: NOW });
    expect([...view.verdicts.values()]).toEqual(Array(2).fill({ kind: 'hold', reason: 'monitoring-down' }));
    expect([...view.frozen]).toEqual(['a/c']);
  });
});

test('a silence freezes without any alert', () => {
  const silences = [{ id: '1', matchers: [{ name: 'function', value: 'cart', isRegex: false }] }];
  const observation: Observation = { kind: 'seen', alerts: [], silences, desired: new Map(), sustained: new Map() };
  expect([...decideRules({ observation, functions: [FN, 'shop/pay'], frozen: new Set(), now: NOW }).frozen]).toEqual([FN]);
});
