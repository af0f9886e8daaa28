import type { Instance } from '../instance.ts';

/** The answer of `/_/status` (W2.3). */
export async function renderStatus(instance: Instance, instanceId: string, epoch: number): Promise<object> {
  const { inFlight, memoryBytes, cpuSeconds, heartbeatAgeMs } = await instance.report();
  const { state, owner, document, stats, startedAt } = instance;
  const { tally, restarts, lastError } = stats;
  return {
    instance: instanceId,
    runtime: 'nodejs',
    state,
    function: owner,
    content: document?.content ?? null,
    generation: document?.generation ?? 0,
    epoch,
    inFlight,
    concurrency: document?.concurrency ?? 0,
    invocations: { total: tally.total, failed: tally.error, timedOut: tally.timeout },
    restarts,
    memoryBytes,
    cpuSeconds,
    heartbeatAgeMs,
    startedAt: startedAt.toISOString(),
    lastError,
  };
}
