import { METRICS } from './contract.ts';
import { DURATION_BUCKETS, type Tally } from './tally.ts';

export interface MetricsInput {
  /** `<namespace>/<name>`; undefined before specialization. */
  readonly functionName: string | undefined;
  readonly tally: Tally;
  readonly inFlight: number;
  readonly restarts: number;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

/** The Prometheus text of the watcher (W2.4). */
export function renderMetrics({ functionName, tally, inFlight, restarts, cpuSeconds, memoryBytes }: MetricsInput): string {
  const sample = (name: string, value: number, extra = ''): string => {
    const labels = [functionName === undefined ? '' : `function_name="${escape(functionName)}"`, extra].filter(Boolean).join(',');
    return `${name}${labels === '' ? '' : `{${labels}}`} ${value}`;
  };
  const family = (name: string, type: string, help: string, samples: string[]) => [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples];
  const outcomes = (['ok', 'error', 'timeout', 'refused'] as const).map((outcome) => sample(METRICS.invocations, tally[outcome], `outcome="${outcome}"`));
  let below = 0;
  const buckets = [...DURATION_BUCKETS, '+Inf'].map((bound, index) =>
    sample(`${METRICS.duration}_bucket`, (below += tally.buckets[index] ?? 0), `le="${bound}"`),
  );
  const lines = [
    ...family(METRICS.invocations, 'counter', 'Invocations by outcome.', outcomes),
    ...family(METRICS.duration, 'histogram', 'Seconds from a request to the end of its invocation.', [
      ...buckets,
      sample(`${METRICS.duration}_sum`, tally.durationSumSeconds),
      sample(`${METRICS.duration}_count`, below),
    ]),
    ...family(METRICS.inFlight, 'gauge', 'Invocations that have not ended.', [sample(METRICS.inFlight, inFlight)]),
    ...family(METRICS.restarts, 'counter', 'Executors that were replaced.', [sample(METRICS.restarts, restarts)]),
    ...family(METRICS.cpu, 'counter', 'Processor time of supervisor and executors.', [sample(METRICS.cpu, cpuSeconds)]),
    ...family(METRICS.memory, 'gauge', 'Resident memory of supervisor and executors.', [sample(METRICS.memory, memoryBytes)]),
  ];
  return `${lines.join('\n')}\n`;
}

function escape(label: string): string {
  return label.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
