import type { Log } from '../../kit/log.ts';
import type { Family } from '../../kit/metrics.ts';
import { digestOf } from '../../protocol/digest.ts';
import { checkedExpressions, renderRuleGroups, renderRulesFile, versionGroup } from '../../protocol/monitoring/rules.ts';
import { type Judgement, planScaling, type RuleOutcome, type ScalingPlan } from '../../protocol/monitoring/scaling-plan.ts';
import type { FunctionResource, ScalingRuleResource } from '../../protocol/schema/resources.ts';
import type { PrometheusClient } from './prometheus-client.ts';
import type { RulesTarget } from './rules-target.ts';

export interface RulesWriterDeps {
  readonly prometheus: Pick<PrometheusClient, 'check' | 'reload' | 'rulesVersion'>;
  readonly target: RulesTarget;
  /** What joins functions and rules in Prometheus. */
  readonly gauges: { readonly scalingRule: Family; readonly minReplicas: Family };
  /** All Functions and ScalingRules, as of now. */
  resources(): { readonly functions: readonly FunctionResource[]; readonly rules: readonly ScalingRuleResource[] };
  /** After each pass, what became of every ScalingRule. */
  onOutcomes(outcomes: readonly RuleOutcome[]): void;
  readonly log: Log;
}

export interface RulesWriter {
  /** Something changed: write within a moment. */
  changed(): void;
  /** Whether the function follows a custom rule. */
  followsCustom(fn: string): boolean;
  close(): Promise<void>;
}

/** Changes come in bursts: a stack is applied object by object. */
const SETTLE_MS = 50;
/** Until Prometheus has checked all expressions and taken the rules. */
const RETRY_MS = 2000;

/**
 * From the first `changed` on keeps Prometheus' rules in step with Functions and ScalingRules. An expression is written only after Prometheus itself has accepted it: one bad rule would make it refuse them all, and not start again.
 */
export function startRulesWriter(deps: RulesWriterDeps): RulesWriter {
  const checked = new Map<string, Judgement>();
  let reloaded = false;
  /** What was written last has not been seen at Prometheus. */
  let unproven = false;
  let timer: NodeJS.Timeout | undefined;
  let dueAt = Infinity;
  let turn: Promise<void> = Promise.resolve();
  let closed = false;

  let followers: ReadonlySet<string> = new Set();

  const pass = async () => {
    const { functions, rules } = deps.resources();
    const complete = await checkAll(deps, checked, rules);
    if (closed) return;
    const plan = planScaling({ functions, rules, judge: (promql) => checked.get(promql) ?? { kind: 'unknown' } });
    setGauges(deps.gauges, plan);
    followers = customFollowers(plan);
    deps.onOutcomes(plan.outcomes);
    const groups = renderRuleGroups(plan);
    const version = digestOf(renderRulesFile(groups)).slice(7, 23);
    const changed = await deps.target.write(renderRulesFile([...groups, versionGroup(version)]));
    if (changed) await deps.target.hasten?.();
    unproven ||= changed;
    if (changed || !reloaded) reloaded = await reload(deps, unproven, version);
    unproven &&= !reloaded;
    if (!complete || !reloaded) schedule(RETRY_MS);
  };
  const schedule = (ms: number) => {
    if (closed || dueAt <= Date.now() + ms) return;
    clearTimeout(timer);
    dueAt = Date.now() + ms;
    timer = setTimeout(() => {
      dueAt = Infinity;
      turn = turn.then(pass).catch((error: unknown) => {
        deps.log.error('scaling rules were not written', { err: error });
        schedule(RETRY_MS);
      });
    }, ms);
  };
  return {
    changed: () => schedule(SETTLE_MS),
    followsCustom: (fn) => followers.has(fn),
    async close() {
      closed = true;
      clearTimeout(timer);
      await turn;
    },
  };
}

/** Asks Prometheus about each expression once; false while it does not answer. */
async function checkAll({ prometheus }: RulesWriterDeps, checked: Map<string, Judgement>, rules: readonly ScalingRuleResource[]): Promise<boolean> {
  const wanted = new Set(rules.flatMap(({ spec }) => (spec.custom ? [spec.custom.promql] : [])));
  for (const promql of checked.keys()) if (!wanted.has(promql)) checked.delete(promql);
  for (const promql of wanted) {
    if (checked.has(promql)) continue;
    try {
      checked.set(promql, await check(prometheus, promql));
    } catch {
      return false;
    }
  }
  return true;
}

async function check(prometheus: RulesWriterDeps['prometheus'], promql: string): Promise<Judgement> {
  for (const expression of checkedExpressions(promql)) {
    const message = await prometheus.check(expression);
    if (message !== undefined) return { kind: 'refused', message };
  }
  return { kind: 'ok' };
}

/** True once Prometheus evaluates the rules: where they reach it late, not at the first reload. Refused ones are put back to what it had: it would not start with them. */
async function reload({ prometheus, target, log }: RulesWriterDeps, unproven: boolean, version: string): Promise<boolean> {
  const refusal = await prometheus.reload().catch(() => 'unreachable' as const);
  if (refusal === 'unreachable') return false;
  if (refusal === undefined) {
    const taken = (await prometheus.rulesVersion().catch(() => undefined)) === version;
    if (taken) log.info('Prometheus has the scaling rules', { version });
    return taken;
  }
  log.error('Prometheus refused the scaling rules, the former ones stay', { reason: refusal });
  if (unproven) await target.restore();
  return true;
}

function customFollowers({ custom, members }: ScalingPlan): Set<string> {
  const names = new Set(custom.map(({ rule }) => rule));
  return new Set([...members].filter(([, rules]) => rules.some((rule) => names.has(rule))).map(([fn]) => fn));
}

function setGauges({ scalingRule, minReplicas }: RulesWriterDeps['gauges'], { members, minimums }: ScalingPlan): void {
  scalingRule.forget({});
  for (const [fn, rules] of members) for (const rule of rules) scalingRule.cell({ function_name: fn, rule }).value = 1;
  minReplicas.forget({});
  for (const [fn, minimum] of minimums) minReplicas.cell({ function_name: fn }).value = minimum;
}
