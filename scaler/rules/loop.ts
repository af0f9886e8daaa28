import { parseDuration } from '../../protocol/duration.ts';
import { RECORDED } from '../../protocol/monitoring/expressions.ts';
import { SLOWEST_INTERVAL_MS } from '../../protocol/monitoring/rules.ts';
import { ALERTS, METRICS } from '../../protocol/names.ts';
import type { Log } from '../../kit/log.ts';
import type { RulesView } from '../decide/verdict.ts';
import type { AlertmanagerClient, AlertView } from './alertmanager-client.ts';
import { decideRules, type DesiredByRule, type Observation } from './decide.ts';
import type { PrometheusClient } from './prometheus-client.ts';

export interface RulesLoopDeps {
  readonly prometheus: Pick<PrometheusClient, 'query'>;
  readonly alertmanager: AlertmanagerClient;
  /** All Functions by `<namespace>/<name>`. */
  functions(): FunctionsByName;
  /** Each newest view, changed or not; while monitoring does not answer, only the first. */
  onView(view: RulesView): void;
  readonly log: Log;
}

type FunctionsByName = ReadonlyMap<string, { readonly spec: { readonly scaling: { readonly stabilizationWindow: string } } }>;

export interface RulesLoop {
  /** Alertmanager said something: look now. */
  nudge(): void;
  close(): Promise<void>;
}

/** While an alert fires: its value grows each second, without being told again. */
const FIRING_MS = 500;
/** For webhooks that were lost, and for silences, of which Alertmanager tells nobody. */
const QUIET_MS = 5000;
/** What a rule recorded longer ago than two of the slowest interval is stale. */
const FRESH_SECONDS = (2 * SLOWEST_INTERVAL_MS) / 1000 + 2;
/** Names in one query; above it, all functions are asked for. */
const MAX_NAMES = 500;

/** Looks at Alertmanager and Prometheus on each nudge, twice a second while an alert fires, and from time to time; never twice at once. */
export function startRulesLoop(deps: RulesLoopDeps): RulesLoop {
  let frozen: ReadonlySet<string> = new Set();
  let down = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;

  const look = async () => {
    const seen = await observe(deps).catch((error: unknown) => {
      if (!down) deps.log.warn('monitoring does not answer, replicas are held', { reason: (error as Error).message });
      return undefined;
    });
    if (closed) return;
    if (seen && down) deps.log.info('monitoring answers again');
    if (seen || !down) {
      const view = decideRules({ observation: seen ?? { kind: 'down' }, functions: deps.functions().keys(), frozen, now: Date.now() });
      frozen = view.frozen;
      deps.onView(view);
    }
    down = !seen;
    schedule(down || seen?.alerts.some(({ state }) => state !== 'suppressed') ? FIRING_MS : QUIET_MS);
  };
  const run = () => {
    clearTimeout(timer);
    running = look().finally(() => {
      running = undefined;
      if (again && !closed) run();
      again = false;
    });
  };
  const schedule = (ms: number) => {
    timer = setTimeout(run, ms);
  };
  run();
  return {
    nudge() {
      if (closed) return;
      if (running) again = true;
      else run();
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
      clearTimeout(timer);
    },
  };
}

async function observe({ prometheus, alertmanager, functions }: RulesLoopDeps): Promise<Extract<Observation, { kind: 'seen' }>> {
  const [alerts, silences] = await Promise.all([alertmanager.alerts(), alertmanager.silences()]);
  const known = functions();
  const open = alerts.filter((alert) => alert.state === 'active' && known.has(alert.function));
  if (open.length === 0) return { kind: 'seen', alerts, silences, desired: new Map(), sustained: new Map() };
  const [desired, sustained] = await Promise.all([queryDesired(prometheus, namesOf(open)), querySustained(prometheus, open, known)]);
  return { kind: 'seen', alerts, silences, desired, sustained };
}

type Querying = RulesLoopDeps['prometheus'];

/** A recorded series is seen for minutes after its last sample: its age is asked for with it. */
async function queryDesired(prometheus: Querying, names: readonly string[]): Promise<Map<string, DesiredByRule>> {
  const series = `${METRICS.desiredReplicas}${selector(names)}`;
  const samples = await prometheus.query(`${series} and (time() - timestamp(${series}) <= ${FRESH_SECONDS})`);
  const desired = new Map<string, Map<string, number>>();
  for (const { labels, value } of samples) {
    const { function_name: fn, rule } = labels;
    if (fn === undefined || rule === undefined) continue;
    const byRule = desired.get(fn) ?? new Map<string, number>();
    desired.set(fn, byRule.set(rule, Math.max(value, byRule.get(rule) ?? value)));
  }
  return desired;
}

/** The highest need within each function's window, for those that are to shrink. */
async function querySustained(prometheus: Querying, open: readonly AlertView[], known: FunctionsByName): Promise<Map<string, number>> {
  const shrinking = namesOf(open.filter(({ alert }) => alert === ALERTS.scaleDown));
  const byWindow = Map.groupBy(shrinking, (fn) => Math.max(1000, parseDuration(known.get(fn)?.spec.scaling.stabilizationWindow ?? '0s')));
  const answers = await Promise.all(
    [...byWindow].map(([windowMs, names]) => prometheus.query(`max_over_time(${RECORDED.desired}${selector(names)}[${windowMs}ms])`)),
  );
  return new Map(answers.flat().flatMap(({ labels, value }) => (labels['function_name'] === undefined ? [] : [[labels['function_name'], value]])));
}

function namesOf(alerts: readonly AlertView[]): string[] {
  return [...new Set(alerts.map((alert) => alert.function))];
}

/** Names of functions hold nothing that a regular expression or a string would read otherwise. */
function selector(names: readonly string[]): string {
  return names.length > MAX_NAMES ? '' : `{function_name=~"${names.join('|')}"}`;
}
