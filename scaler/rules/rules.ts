import { functionName, METRICS } from '../../protocol/names.ts';
import type { RuleOutcome } from '../../protocol/monitoring/scaling-plan.ts';
import type { FunctionResource, KindName, ResourceOf, ScalingRuleResource } from '../../protocol/schema/resources.ts';
import type { Log } from '../../kit/log.ts';
import type { Metrics } from '../../kit/metrics.ts';
import type { Store } from '../../kit/store/store.ts';
import type { RulesView } from '../decide/verdict.ts';
import { createAlertmanagerClient } from './alertmanager-client.ts';
import { createJsonClient } from './json-client.ts';
import { startRulesLoop } from './loop.ts';
import { createPrometheusClient } from './prometheus-client.ts';
import type { RulesTarget } from './rules-target.ts';
import { startRulesWriter } from './writer.ts';

export interface RulesDeps {
  readonly store: Store;
  /** The leader's own, exposed at `/metrics`: which function follows which rules is told there. */
  readonly metrics: Metrics;
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  readonly target: RulesTarget;
  /** Each newest view of what the rules say. */
  onView(view: RulesView): void;
  readonly log: Log;
}

export interface Rules {
  /** For Alertmanager's webhook. */
  nudge(): void;
  /** Whether the function follows a custom rule. */
  followsCustom(fn: string): boolean;
  close(): Promise<void>;
}

/** Scaling by rules: keeps Prometheus' rules in step with Functions and ScalingRules, and turns alerts into verdicts. */
export async function startRules(deps: RulesDeps): Promise<Rules> {
  const { store, metrics, log } = deps;
  const http = { prometheus: createJsonClient(deps.prometheusUrl), alertmanager: createJsonClient(deps.alertmanagerUrl) };
  const prometheus = createPrometheusClient(http.prometheus);
  const functions = new Map<string, FunctionResource>();
  const rules = new Map<string, ScalingRuleResource>();
  let synced = false;

  const writer = startRulesWriter({
    prometheus,
    target: deps.target,
    gauges: {
      scalingRule: metrics.gauge(METRICS.scalingRule, 'Which rules a function follows; always 1.'),
      minReplicas: metrics.gauge(METRICS.minReplicas, 'Least replicas, where above 1.'),
    },
    resources: () => ({ functions: [...functions.values()], rules: [...rules.values()] }),
    onOutcomes: (outcomes) =>
      void tellOutcomes(store, rules, outcomes).catch((error: unknown) => log.warn('the status of scaling rules was not written', { err: error })),
    log,
  });
  // Half of what there is would take rules away for a moment.
  const changed = () => synced && writer.changed();
  const watches = await Promise.all([watchAll(store, 'Function', functions, changed), watchAll(store, 'ScalingRule', rules, changed)]);
  synced = true;
  writer.changed();
  const loop = startRulesLoop({ prometheus, alertmanager: createAlertmanagerClient(http.alertmanager), functions: () => functions, onView: deps.onView, log });
  return {
    nudge: () => loop.nudge(),
    followsCustom: (fn) => writer.followsCustom(fn),
    async close() {
      await Promise.all([...watches.map((watch) => watch.close()), loop.close(), writer.close()]);
      await Promise.all([http.prometheus.close(), http.alertmanager.close()]);
    },
  };
}

/** Keeps `into` equal to the store; `onChange` only when a spec changed, not for each status. */
function watchAll<K extends KindName>(store: Store, kind: K, into: Map<string, ResourceOf<K>>, onChange: () => void): Promise<{ close(): Promise<void> }> {
  const nameOf = ({ metadata }: ResourceOf<K>) => functionName(metadata.namespace, metadata.name);
  return store.watch(kind, {
    onSync(objects) {
      for (const object of objects) into.set(nameOf(object), object);
      onChange();
    },
    onEvent({ type, object }) {
      const previous = into.get(nameOf(object));
      if (type === 'deleted') into.delete(nameOf(object));
      else into.set(nameOf(object), object);
      if (type === 'deleted' || previous?.metadata.generation !== object.metadata.generation || previous?.metadata.uid !== object.metadata.uid) onChange();
    },
  });
}

/** Writes the condition `Accepted` of each rule whose judgement changed. */
async function tellOutcomes(store: Store, rules: ReadonlyMap<string, ScalingRuleResource>, outcomes: readonly RuleOutcome[]): Promise<void> {
  for (const { namespace, name, accepted, reason, message } of outcomes) {
    const rule = rules.get(functionName(namespace, name));
    if (!rule) continue;
    const { generation = 1 } = rule.metadata;
    const known = rule.status?.conditions?.find(({ type }) => type === 'Accepted');
    const status = accepted ? 'True' : 'False';
    if (known?.status === status && known.reason === reason && known.message === message && known.observedGeneration === generation) continue;
    const lastTransitionTime = known?.status === status ? known.lastTransitionTime : new Date().toISOString();
    await store.applyStatus('ScalingRule', namespace, name, {
      observedGeneration: generation,
      conditions: [{ type: 'Accepted', status, reason, message, observedGeneration: generation, lastTransitionTime }],
    });
  }
}
