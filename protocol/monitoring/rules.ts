import { stringify } from 'yaml';
import { formatDuration } from '../duration.ts';
import { ALERTS, METRICS } from '../names.ts';
import {
  baseRecordings,
  defaultNeed,
  members,
  need,
  pressureNeed,
  type Recording,
  RECORDED,
  scaleDownExpression,
  scaleInRecordings,
  scaleUpExpression,
} from './expressions.ts';
import { parsePromql, shortestRangeMs } from './promql.ts';
import { type CustomExpression, DEFAULT_RULE, OWN_ALERT_PREFIX, PRESSURE, type ScalingPlan } from './scaling-plan.ts';

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** As in a rules file, and in the `spec.groups` of a PrometheusRule. */
export interface RuleGroup {
  readonly name: string;
  readonly interval: string;
  readonly rules: readonly (Recording | Alert)[];
}

const DEFAULT_UTILIZATION = 0.7;
/** The slowest interval of a custom expression. What was recorded is stale after two of it. */
export const SLOWEST_INTERVAL_MS = 5000;

/** All rule groups of the platform: one for everything that is generated, whose size does not grow with the number of functions, and one for each custom expression, so that a slow one delays no other. */
export function renderRuleGroups(plan: ScalingPlan): RuleGroup[] {
  return [scalingGroup(plan), ...plan.custom.map(customGroup)];
}

/** The text of a rules file. */
export function renderRulesFile(groups: readonly RuleGroup[]): string {
  return stringify({ groups }, { lineWidth: 0 });
}

/** Recorded by every set of rules, with the label `version`: what Prometheus has loaded can be told from outside. */
export const RULES_VERSION = 'fibonacci:rules:version';

/** A group that says which rules these are. */
export function versionGroup(version: string): RuleGroup {
  return { name: 'fibonacci-version', interval: '1m', rules: [{ record: RULES_VERSION, expr: 'vector(1)', labels: { version } }] };
}

/** What Prometheus is to check before it gets a custom expression: as it stands, and as it is recorded. */
export function checkedExpressions(promql: string): string[] {
  const parsed = parsePromql(promql);
  const comparison = parsed.kind === 'ok' ? parsed.comparison : undefined;
  return [promql, ...customGroup({ rule: 'checked', promql, ...(comparison && { comparison }) }).rules.map(({ expr }) => expr)];
}

function scalingGroup({ generated, windowsMs }: ScalingPlan): RuleGroup {
  const pressures = generated.filter(({ metric }) => PRESSURE.has(metric));
  const loads = generated.filter(({ metric }) => !PRESSURE.has(metric));
  return {
    name: 'fibonacci-scaling',
    interval: '1s',
    rules: [
      ...baseRecordings(new Set(generated.map(({ metric }) => metric))),
      desired('minimum', `max by (function_name) (${METRICS.minReplicas})`),
      desired(
        DEFAULT_RULE,
        `(${defaultNeed(DEFAULT_UTILIZATION)}) unless on (function_name) (${METRICS.scalingRule} unless on (function_name) ${METRICS.scalingRule}{rule="${DEFAULT_RULE}"})`,
      ),
      ...loads.map((rule) => desired(rule.rule, followedBy(rule.rule, need(rule)))),
      ...pressures.map((rule) => ({ record: RECORDED.pressure, expr: followedBy(rule.rule, need(rule)), labels: { rule: rule.rule } })),
      ...(pressures.length > 0 ? [{ record: METRICS.desiredReplicas, expr: pressureNeed() }] : []),
      ...scaleInRecordings(),
      alert(ALERTS.scaleUp, scaleUpExpression(OWN_ALERT_PREFIX)),
      ...windowsMs.map((windowMs) => ({
        ...alert(ALERTS.scaleDown, scaleDownExpression(windowMs), { window: formatDuration(windowMs) }),
        for: `${windowMs}ms`,
      })),
    ],
  };
}

/** The expression as it stands, for the functions that its ScalingRules name. */
function customGroup({ rule, promql, comparison }: CustomExpression): RuleGroup {
  const rangeMs = shortestRangeMs(promql) ?? 0;
  const rules: (Recording | Alert)[] = [desired(rule, followedBy(rule, `max by (function_name) (${lines(comparison?.left ?? promql)})`))];
  if (rule.startsWith(OWN_ALERT_PREFIX)) rules.push(alert(ALERTS.scaleUp, followedBy(rule, promql), { rule }));
  return { name: `fibonacci-${rule}`, interval: `${Math.min(SLOWEST_INTERVAL_MS, Math.max(1000, Math.round(rangeMs / 30)))}ms`, rules };
}

function desired(rule: string, expr: string): Recording {
  return { record: METRICS.desiredReplicas, expr, labels: { rule } };
}

function followedBy(rule: string, expr: string): string {
  return `(${lines(expr)}) and on (function_name) ${members(rule)}`;
}

/** A comment at the end of an expression must not swallow what follows. */
function lines(expr: string): string {
  return expr.includes('#') ? `${expr}\n` : expr;
}

function alert(name: string, expr: string, labels: Readonly<Record<string, string>> = {}): Alert {
  return {
    alert: name,
    expr,
    labels: {
      namespace: '{{ reReplaceAll "/.*" "" $labels.function_name }}',
      function: '{{ reReplaceAll ".*/" "" $labels.function_name }}',
      ...labels,
    },
  };
}
