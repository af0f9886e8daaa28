import { SCALE_IN_MARGIN } from '../../protocol/monitoring/expressions.ts';
import { OWN_ALERT_PREFIX } from '../../protocol/monitoring/scaling-plan.ts';
import { ALERTS } from '../../protocol/names.ts';
import type { RulesView, RuleVerdict } from '../decide/verdict.ts';
import type { AlertView, Silence } from './alertmanager-client.ts';
import { frozenFunctions } from './silences.ts';

/** Replicas that each rule asks for, fractions included. */
export type DesiredByRule = ReadonlyMap<string, number>;

export type Observation =
  /** Prometheus or Alertmanager did not answer. */
  | { readonly kind: 'down' }
  | {
      readonly kind: 'seen';
      readonly alerts: readonly AlertView[];
      readonly silences: readonly Silence[];
      /** By function; only what was recorded just now. */
      readonly desired: ReadonlyMap<string, DesiredByRule>;
      /** By function: the most that was needed within its stabilization window. */
      readonly sustained: ReadonlyMap<string, number>;
    };

export interface RulesInput {
  readonly observation: Observation;
  /** All functions, `<namespace>/<name>`. */
  readonly functions: Iterable<string>;
  /** Frozen until now: it stays so while Alertmanager does not answer. */
  readonly frozen: ReadonlySet<string>;
  readonly now: number;
}

/** What the rules say. A firing alert is only the occasion: how many is read from the recorded rules, the highest of a function's. */
export function decideRules({ observation, functions, frozen, now }: RulesInput): RulesView {
  if (observation.kind === 'down') {
    const down: RuleVerdict = { kind: 'hold', reason: 'monitoring-down' };
    return { verdicts: new Map([...functions].map((fn) => [fn, down])), frozen };
  }
  const known = new Set(functions);
  const alerts = Map.groupBy(
    observation.alerts.filter((alert) => known.has(alert.function) && alert.endsAt > now),
    (alert) => alert.function,
  );
  const verdicts = new Map<string, RuleVerdict>();
  for (const [fn, ofFunction] of alerts) {
    verdicts.set(fn, decideFunction(ofFunction, observation.desired.get(fn) ?? new Map(), observation.sustained.get(fn)));
  }
  return { verdicts, frozen: frozenFunctions(observation.silences, known) };
}

function decideFunction(alerts: readonly AlertView[], desired: DesiredByRule, sustained: number | undefined): RuleVerdict {
  const up = alerts.filter(({ alert, state }) => alert === ALERTS.scaleUp && state === 'active');
  const down = alerts.filter(({ alert }) => alert === ALERTS.scaleDown);
  if (up.length > 0) {
    const replicas = highest(
      [...desired].filter(([rule, value]) => Number.isFinite(value) && up.some((alert) => speaksFor(alert, rule))).map(([, value]) => value),
    );
    return replicas === undefined ? { kind: 'hold', reason: 'no-data' } : { kind: 'out', replicas };
  }
  if (down.some(({ state }) => state === 'active')) {
    const now = highest([...desired.values()].map((value) => value * SCALE_IN_MARGIN));
    const before = sustained === undefined ? undefined : highest([sustained * SCALE_IN_MARGIN]);
    if (now === undefined || before === undefined) return { kind: 'hold', reason: 'no-data' };
    return { kind: 'in', replicas: Math.max(now, before, 1) };
  }
  return { kind: 'hold', reason: down.some(({ inhibited }) => inhibited) ? 'inhibited' : 'steady' };
}

/** An own alert speaks for its expression, the common one for all others. */
function speaksFor(alert: AlertView, rule: string): boolean {
  return alert.rule === undefined ? !rule.startsWith(OWN_ALERT_PREFIX) : alert.rule === rule;
}

/** The highest as whole replicas; undefined if there is none, or one that is no number. */
function highest(values: readonly number[]): number | undefined {
  if (values.length === 0 || !values.every((value) => Number.isFinite(value))) return undefined;
  // Sums of rates are inexact: 3.0000000004 are 3.
  return Math.max(0, Math.ceil(Math.max(...values) - 1e-6));
}
