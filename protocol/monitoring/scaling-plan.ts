import { createHash } from 'node:crypto';
import { parseDuration } from '../duration.ts';
import { functionName } from '../names.ts';
import type { FunctionSpec } from '../schema/function.ts';
import { SCALING_METRICS, type ScalingRuleSpec } from '../schema/scaling-rule.ts';
import { type Comparison, parsePromql } from './promql.ts';

/** Different custom expressions in one namespace, at the most: each is evaluated by itself. */
export const MAX_CUSTOM_EXPRESSIONS = 50;

/** Value of the label `rule` for functions without a rule about their load: concurrency at 70 percent. */
export const DEFAULT_RULE = 'default';
/** For a rule that was refused: its functions scale by what is left, but never in. */
export const REJECTED_RULE = 'rejected';
/** Prefix of rules whose own comparison is the alert. */
export const OWN_ALERT_PREFIX = 'custom-alert-';

interface Named<Spec> {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec: Spec;
}

export interface ScalingInput {
  readonly functions: readonly Named<Pick<FunctionSpec, 'scaling'>>[];
  readonly rules: readonly Named<ScalingRuleSpec>[];
  /** What Prometheus itself says of an expression whose syntax is right; by default nothing. */
  readonly judge?: (promql: string) => Judgement;
}

export type Judgement =
  | { readonly kind: 'ok' }
  | { readonly kind: 'refused'; readonly message: string }
  /** It was not asked yet. */
  | { readonly kind: 'unknown' };

export interface CustomExpression {
  /** Value of the label `rule`. */
  readonly rule: string;
  readonly promql: string;
  readonly comparison?: Comparison;
}

/** One generated recording rule: all functions that follow the same metric with the same parameter share it. */
export interface GeneratedRule {
  readonly rule: string;
  readonly metric: Exclude<keyof ScalingRuleSpec, 'functions' | 'custom'>;
  /** Share (0 to 1), cores or seconds, as the metric has it. */
  readonly target: number;
}

/** What became of one ScalingRule. */
export interface RuleOutcome {
  readonly namespace: string;
  readonly name: string;
  readonly accepted: boolean;
  /** One CamelCase word. */
  readonly reason: 'Accepted' | 'InvalidPromql' | 'NotChecked' | 'TooManyExpressions' | 'FunctionNotFound' | 'TargetRateMissing';
  readonly message: string;
}

export interface ScalingPlan {
  readonly generated: readonly GeneratedRule[];
  readonly custom: readonly CustomExpression[];
  /** Rules of each function that has any; a function that is not here follows the default one. */
  readonly members: ReadonlyMap<string, readonly string[]>;
  /** `minReplicas` above 1. */
  readonly minimums: ReadonlyMap<string, number>;
  /** Different stabilization windows, ascending. */
  readonly windowsMs: readonly number[];
  readonly outcomes: readonly RuleOutcome[];
}

/** Metrics that tell when something is wrong; they do not say how many a load needs, so that the default rule stays beside them. */
export const PRESSURE: ReadonlySet<string> = new Set(['duration', 'timeouts', 'failures']);

/** Sorts Functions and ScalingRules into what Prometheus evaluates. Equal input in any order gives an equal plan. */
export function planScaling({ functions, rules, judge = () => ({ kind: 'ok' }) }: ScalingInput): ScalingPlan {
  const known = new Map(functions.map((fn) => [nameOf(fn), fn]));
  const generated = new Map<string, GeneratedRule>();
  const custom = new Map<string, CustomExpression>();
  const perNamespace = new Map<string, Set<string>>();
  const members = new Map<string, Set<string>>();
  const outcomes: RuleOutcome[] = [];

  for (const rule of [...rules].sort((a, b) => compare(nameOf(a), nameOf(b)))) {
    const { namespace } = rule.metadata;
    const judged = rule.spec.custom ? judgeCustom(rule.spec.custom.promql, namespace, perNamespace, judge) : toGenerated(rule.spec);
    if ('promql' in judged) custom.set(judged.rule, judged);
    if ('metric' in judged) generated.set(judged.rule, judged);
    const followed = 'rule' in judged ? judged.rule : REJECTED_RULE;
    for (const name of rule.spec.functions) {
      const fn = functionName(namespace, name);
      if (known.has(fn)) members.set(fn, (members.get(fn) ?? new Set()).add(followed));
    }
    outcomes.push({ namespace, name: rule.metadata.name, ...('rule' in judged ? judgeFunctions(rule, known) : { accepted: false, ...judged }) });
  }
  for (const followed of members.values()) {
    if ([...followed].every((rule) => rule === REJECTED_RULE || PRESSURE.has(rule.split('-')[0] ?? ''))) followed.add(DEFAULT_RULE);
  }
  return {
    generated: sorted(generated),
    custom: sorted(custom),
    members: new Map([...members].sort(([a], [b]) => compare(a, b)).map(([fn, followed]) => [fn, [...followed].sort(compare)])),
    minimums: new Map([...known].filter(([, fn]) => fn.spec.scaling.minReplicas > 1).map(([name, fn]) => [name, fn.spec.scaling.minReplicas])),
    windowsMs: [...new Set(functions.map((fn) => parseDuration(fn.spec.scaling.stabilizationWindow)))].sort((a, b) => a - b),
    outcomes,
  };
}

type Refused = Pick<RuleOutcome, 'reason' | 'message'>;

function judgeCustom(
  promql: string,
  namespace: string,
  perNamespace: Map<string, Set<string>>,
  judge: (promql: string) => Judgement,
): CustomExpression | Refused {
  const parsed = parsePromql(promql);
  if (parsed.kind === 'error') return { reason: 'InvalidPromql', message: `custom.promql: ${parsed.message}` };
  const judgement = judge(promql);
  if (judgement.kind === 'refused') return { reason: 'InvalidPromql', message: `custom.promql: Prometheus refuses it: ${judgement.message}` };
  if (judgement.kind === 'unknown')
    return { reason: 'NotChecked', message: 'Prometheus does not answer; the rule is taken once it has checked the expression' };
  const { comparison } = parsed;
  const alerts = comparison?.op === '>' || comparison?.op === '>=';
  const rule = `${alerts ? OWN_ALERT_PREFIX : 'custom-'}${createHash('sha256').update(promql.trim()).digest('hex').slice(0, 12)}`;
  const own = perNamespace.get(namespace) ?? new Set();
  perNamespace.set(namespace, own);
  if (!own.has(rule) && own.size >= MAX_CUSTOM_EXPRESSIONS) {
    return {
      reason: 'TooManyExpressions',
      message: `the namespace ${namespace} has ${MAX_CUSTOM_EXPRESSIONS} different custom expressions already: use one expression for several functions`,
    };
  }
  own.add(rule);
  return { rule, promql: promql.trim(), ...(comparison && { comparison }) };
}

function toGenerated(spec: ScalingRuleSpec): GeneratedRule {
  const metric = SCALING_METRICS.find((name) => spec[name] !== undefined);
  switch (metric) {
    case 'requestsPerSecond':
    case 'concurrency':
    case 'memory': {
      const percent = spec[metric]?.utilizationPercent ?? 0;
      return { metric, rule: `${metric}-${percent}`, target: percent / 100 };
    }
    case 'timeouts':
    case 'failures': {
      const percent = spec[metric]?.maxPercent ?? 0;
      return { metric, rule: `${metric}-${percent}`, target: percent / 100 };
    }
    case 'cpu': {
      const millicores = spec.cpu?.targetMillicores ?? 0;
      return { metric, rule: `cpu-${millicores}m`, target: millicores / 1000 };
    }
    case 'duration': {
      const ms = parseDuration(spec.duration?.target ?? '0s');
      return { metric, rule: `duration-${ms}ms`, target: ms / 1000 };
    }
    case 'custom':
    case undefined:
      throw new TypeError('a scaling rule has exactly one metric, and this is for generated ones');
    default:
      return metric satisfies never;
  }
}

function judgeFunctions(
  rule: Named<ScalingRuleSpec>,
  known: ReadonlyMap<string, Named<Pick<FunctionSpec, 'scaling'>>>,
): Pick<RuleOutcome, 'accepted' | 'reason' | 'message'> {
  const of = (name: string) => known.get(functionName(rule.metadata.namespace, name));
  const absent = rule.spec.functions.filter((name) => !of(name));
  if (absent.length > 0) return { accepted: true, reason: 'FunctionNotFound', message: `no such function: ${list(absent)}; the rule waits for it` };
  const unrated = rule.spec.requestsPerSecond ? rule.spec.functions.filter((name) => of(name)?.spec.scaling.targetRate === undefined) : [];
  if (unrated.length > 0)
    return { accepted: true, reason: 'TargetRateMissing', message: `set scaling.targetRate of ${list(unrated)}: without it the rule holds their replicas` };
  return { accepted: true, reason: 'Accepted', message: 'the rule is evaluated' };
}

const nameOf = ({ metadata }: Named<unknown>) => functionName(metadata.namespace, metadata.name);
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const list = (names: readonly string[]) => (names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', '));

function sorted<T extends { readonly rule: string }>(rules: ReadonlyMap<string, T>): T[] {
  return [...rules.values()].sort((a, b) => compare(a.rule, b.rule));
}
