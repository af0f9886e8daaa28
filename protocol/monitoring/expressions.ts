import { METRICS } from '../names.ts';
import { JOBS } from './prometheus.ts';
import type { GeneratedRule } from './scaling-plan.ts';

/** One recording rule of Prometheus. */
export interface Recording {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Series that generated rules build on; recorded, so that each is computed once for all functions. */
export const RECORDED = {
  requests: 'function:requests:rate',
  load: 'function:load:avg',
  replicas: 'function:replicas',
  /** Errors or slowness as a multiple of what a rule allows. */
  pressure: 'function:pressure',
  /** Highest of a function's rules. */
  desired: 'function:desired_replicas:max',
  gatewaysFresh: 'fibonacci:gateways:fresh',
  /** At the moment when replicas became fewer, or more again after that; the first and the last instance aside. */
  shrank: 'function:replicas:shrank',
  regrew: 'function:replicas:regrew',
  /** Replicas that are enough, where they are fewer than there are. */
  tooMany: 'function:replicas:enough',
} as const;

/** Samples arrive each second, or each 5 seconds from watchers. */
const SHORT = '2900ms';
const LONG = '30s';
/** A step that lasted for this long is the new load. */
const STEADY = '10s';
const WATCHER = '15s';
/** A sample is fresh for two scrapes. */
const FRESH_SECONDS = 2;
/** Scale in only to what bears a load higher by this, so that a load on the edge between n and n + 1 stays at n + 1. */
export const SCALE_IN_MARGIN = 1.1;
/** What had to grow again within this time after shrinking does not shrink for as long: it would flap. */
const UNSTEADY = '15m';
/** Rules that see too many errors or slow answers ask for this much more, each `PRESSURE_STEP`. */
const PRESSURE_GROWTH = 1.5;
const PRESSURE_STEP = '15s';

const by = 'by (function_name)';
const on = 'on (function_name)';

/** A gauge of the leader; two may report while one takes over. */
const leader = (metric: string) => `max ${by} (${metric})`;
/** Functions that follow a rule. */
export const members = (rule: string) => `max ${by} (${METRICS.scalingRule}{rule="${rule}"})`;

/** What all rules share: recorded first. */
export function baseRecordings(metrics: ReadonlySet<GeneratedRule['metric']>): Recording[] {
  const load = (overTime: (metric: string) => string) => `sum ${by} (${named(METRICS.inFlight, overTime)} or ${named(METRICS.waiting, overTime)})`;
  const second = `${RECORDED.requests}:second`;
  return [
    { record: RECORDED.replicas, expr: leader(METRICS.serviceCount) },
    ...shortAndLong(RECORDED.load, {
      short: load((metric) => median(metric)),
      long: load((metric) => `avg_over_time(${metric}[${LONG}])`),
    }),
    ...(metrics.has('requestsPerSecond')
      ? [
          { record: second, expr: `sum ${by} (${byOwnClock(METRICS.invokeTotal, '2s')})` },
          ...shortAndLong(RECORDED.requests, { short: median(second), long: `sum ${by} (rate(${METRICS.invokeTotal}[${LONG}]))` }),
        ]
      : []),
  ];
}

/** Replicas that functions without a rule about their load need. */
export function defaultNeed(target: number): string {
  return `${RECORDED.load} / ${on} ${leader(METRICS.targetConcurrency)} / ${target}`;
}

/** Of every function, the replicas that one generated rule asks for; for a rule of pressure, the pressure. The caller filters by membership. */
export function need({ metric, target }: GeneratedRule): string {
  switch (metric) {
    case 'concurrency':
      return defaultNeed(target);
    case 'requestsPerSecond':
      return `${RECORDED.requests} / ${on} ${leader(METRICS.targetRate)} / ${target}`;
    case 'cpu':
      return whereAllReport(`sum ${by} (rate(${METRICS.watcherCpu}[${WATCHER}])) / ${target}`, `rate(${METRICS.watcherCpu}[${WATCHER}])`);
    case 'memory':
      return whereAllReport(
        `avg ${by} (avg_over_time(${METRICS.watcherMemory}[${WATCHER}])) / ${on} ${leader(METRICS.memoryLimit)} / ${target} * ${on} min_over_time(${RECORDED.replicas}[${PRESSURE_STEP}])`,
        `avg_over_time(${METRICS.watcherMemory}[${WATCHER}])`,
      );
    case 'duration':
      return `sum ${by} (rate(${METRICS.invokeDurationSum}[${WATCHER}])) / ${on} ${answered('')} / ${target}`;
    case 'timeouts':
      return shareOf('{code="504"}', target);
    case 'failures':
      return shareOf('{code=~"5xx|504"}', target);
    default:
      return metric satisfies never;
  }
}

/**
 * What pressure asks for, of all such rules at once. Above the limit: half more than a step ago. Near it: as many as there are. Far below, or without requests: nothing.
 * A rule of pressure knows that there are too few, never how many a load needs.
 */
export function pressureNeed(): string {
  const of = (limit: number) => `(${RECORDED.pressure} > bool ${limit}) * ${on} group_left ()`;
  const more = `clamp_min(ceil(${PRESSURE_GROWTH} * min_over_time(${RECORDED.replicas}[${PRESSURE_STEP}])) - ${RECORDED.replicas}, 0)`;
  return `${of(0.5)} ${RECORDED.replicas} + ${of(1)} ${more}`;
}

/** Scale-in is wanted: the margin included, no rule of the function without data, every live gateway and the leader seen just now, and no flapping before. */
export function scaleInRecordings(): Recording[] {
  const gateway = `up{job="${JOBS.gateway}"}`;
  const before = `${RECORDED.replicas} offset 1s`;
  const unanswered = `max by (function_name, rule) (${METRICS.scalingRule}) unless on (function_name, rule) ${METRICS.desiredReplicas}`;
  return [
    { record: RECORDED.desired, expr: `max ${by} (${METRICS.desiredReplicas})` },
    {
      record: RECORDED.gatewaysFresh,
      // A gap leaves the long window short of samples.
      expr: `count((time() - timestamp(${gateway}) <= ${FRESH_SECONDS}) and min_over_time(${gateway}[${LONG}]) == 1) >= max(${METRICS.gateways} and time() - timestamp(${METRICS.gateways}) <= ${FRESH_SECONDS})`,
    },
    { record: RECORDED.shrank, expr: `${RECORDED.replicas} < ${before} and ${RECORDED.replicas} > 0` },
    {
      record: RECORDED.regrew,
      expr: `${RECORDED.replicas} > ${before} and ${before} > 0 and ${on} count_over_time(${RECORDED.shrank}[${UNSTEADY}])`,
    },
    {
      record: RECORDED.tooMany,
      expr: `(clamp_min(ceil(${RECORDED.desired} * ${SCALE_IN_MARGIN}), 1) < ${on} ${RECORDED.replicas}) and on () ${RECORDED.gatewaysFresh} unless ${on} (${unanswered}) unless ${on} count_over_time(${RECORDED.regrew}[${UNSTEADY}])`,
    },
  ];
}

/** Generated rules ask for more; those whose own comparison is the alert have no say here. */
export function scaleUpExpression(ownAlertPrefix: string): string {
  return `max ${by} (${METRICS.desiredReplicas}{rule!~"${ownAlertPrefix}.*"}) > ${on} ${RECORDED.replicas}`;
}

export function scaleDownExpression(windowMs: number): string {
  return `${RECORDED.tooMany} and ${on} (${leader(METRICS.stabilizationSeconds)} == ${windowMs / 1000})`;
}

/**
 * The short window where it is clearly above the long one (a step, not noise: half more, and three deviations of a Poisson process). Else the long one, but not less than the short one was for `STEADY`.
 * The highest of the last `STEADY`: nothing dips between a step's start and the time when it counts as steady, however little history there is. That lets nothing grow: growth follows each peak anyway.
 */
function shortAndLong(record: string, windows: { readonly short: string; readonly long: string }): Recording[] {
  const [short, long, now] = [`${record}:short`, `${record}:long`, `${record}:now`];
  const step = `${short} > 1.5 * ${long} and ${short} > ${long} + 3 * sqrt(${long})`;
  return [
    { record: short, expr: windows.short },
    { record: long, expr: windows.long },
    { record: now, expr: `(${step}) or (min_over_time(${short}[${STEADY}]) > ${long}) or ${long}` },
    { record, expr: `max_over_time(${now}[${STEADY}])` },
  ];
}

/** Of the last three samples: one that a late scrape or a stalled process made too high or too low does not count, and a step is seen in full at its second sample. */
function median(metric: string): string {
  return `quantile_over_time(0.5, ${metric}[${SHORT}])`;
}

/** A gateway's rate a second of its own clock: a scrape that waits on a busy node carries counts of a later moment than Prometheus notes, which in so short a window is a load that nobody sent. */
function byOwnClock(counter: string, window: string): string {
  return `rate(${counter}[${window}]) / on (job, instance) group_left () rate(${METRICS.gatewayClock}[${window}])`;
}

/** Values over time of two metrics would have equal labels. */
function named(metric: string, overTime: (metric: string) => string): string {
  return `label_replace(${overTime(metric)}, "of", "${metric}", "", "")`;
}

function answered(selector: string): string {
  return `sum ${by} (rate(${METRICS.invokeTotal}${selector}[${WATCHER}]))`;
}

/** A series of a code is there only once it was answered. */
function shareOf(selector: string, limit: number): string {
  return `(${answered(selector)} or 0 * ${answered('')}) / ${on} ${answered('')} / ${limit}`;
}

/** No value unless as many instances report as there were a step ago. */
function whereAllReport(expr: string, reports: string): string {
  return `${expr} and ${on} (count ${by} (${reports}) >= ${on} min_over_time(${RECORDED.replicas}[${PRESSURE_STEP}]))`;
}
