import { METRICS } from '../../protocol/names.ts';
import { parseDuration } from '../../protocol/duration.ts';
import { createMetrics, type Family, type Metrics } from '../../kit/metrics.ts';
import type { Allocator } from '../apply/allocator.ts';
import type { FunctionRegistry, ManagedFunction } from '../observe/functions.ts';

export interface ExpositionDeps {
  readonly functions: FunctionRegistry;
  readonly allocator: Allocator;
  liveGateways(): number;
  /** Requests that wait for the function. */
  waiting(fn: string): number;
  /** Whether a rule of the user's own may look at the function's series while nothing runs. */
  watched(fn: string): boolean;
}

/**
 * What the leader alone exports: the functions' targets, which rules compare with the gateways' counters. A function that has nothing and wants nothing has no series: ten thousand such cost a scrape nothing.
 */
export function createExposition({ functions, allocator, liveGateways, waiting, watched }: ExpositionDeps): Metrics {
  const metrics = createMetrics();
  const gauges = {
    serviceCount: metrics.gauge(METRICS.serviceCount, 'Instances that serve or start.'),
    targetRate: metrics.gauge(METRICS.targetRate, 'Requests a second that one instance is rated for.'),
    targetConcurrency: metrics.gauge(METRICS.targetConcurrency, 'Requests that one instance runs at once.'),
    memoryLimit: metrics.gauge(METRICS.memoryLimit, 'Memory limit of one instance.'),
    stabilization: metrics.gauge(METRICS.stabilizationSeconds, 'Stabilization window.'),
    pool: metrics.gauge(METRICS.poolInstances, 'Instances of a pod pool.'),
    gateways: metrics.gauge(METRICS.gateways, 'Live gateways.'),
  };
  metrics.onCollect(() => {
    for (const family of Object.values(gauges)) family.forget({});
    for (const fn of functions.all()) {
      const shows = fn.members.size > 0 || fn.replicas > 0 || waiting(fn.name) > 0 || watched(fn.name);
      if (shows && !fn.deleted) collectFunction(gauges, fn);
    }
    for (const pool of allocator.pools()) {
      const labels = { namespace: pool.metadata.namespace, pool: pool.metadata.name };
      for (const [state, count] of Object.entries(allocator.counts(pool))) gauges.pool.cell({ ...labels, state }).value = count;
    }
    gauges.gateways.cell({}).value = liveGateways();
  });
  return metrics;
}

function collectFunction(
  gauges: Record<'serviceCount' | 'targetRate' | 'targetConcurrency' | 'memoryLimit' | 'stabilization', Family>,
  fn: ManagedFunction,
): void {
  const labels = { function_name: fn.name };
  const { scaling, concurrency } = fn.resource.spec;
  gauges.serviceCount.cell(labels).value = [...fn.members.values()].filter(({ state }) => state !== 'draining').length;
  if (scaling.targetRate !== undefined) gauges.targetRate.cell(labels).value = scaling.targetRate;
  gauges.targetConcurrency.cell(labels).value = concurrency;
  if (fn.latest) gauges.memoryLimit.cell(labels).value = fn.latest.instanceTemplate.memoryBytes;
  gauges.stabilization.cell({ ...labels, window: scaling.stabilizationWindow }).value = parseDuration(scaling.stabilizationWindow) / 1000;
}
