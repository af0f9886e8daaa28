import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from '../../kit/metrics.ts';

/** The few figures of the process itself that an operator looks at first. */
export function addProcessMetrics(metrics: Metrics): { close(): Promise<void> } {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const cpu = metrics.counter('process_cpu_seconds_total', 'CPU used by the process.').cell({});
  const memory = metrics.gauge('process_resident_memory_bytes', 'Resident memory.').cell({});
  const lag = metrics.gauge('nodejs_eventloop_lag_p99_seconds', 'Event loop delay since the last scrape.').cell({});
  const started = metrics.gauge('process_start_time_seconds', 'When the process started, in Unix time.').cell({});
  started.value = Math.round(Date.now() / 1000 - process.uptime());
  metrics.onCollect(() => {
    const { user, system } = process.cpuUsage();
    cpu.value = (user + system) / 1e6;
    memory.value = process.memoryUsage.rss();
    lag.value = delay.percentile(99) / 1e9 || 0;
    delay.reset();
  });
  return { close: async () => void delay.disable() };
}
