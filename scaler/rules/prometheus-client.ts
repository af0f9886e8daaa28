import { RULES_VERSION } from '../../protocol/monitoring/rules.ts';
import type { JsonClient } from './json-client.ts';

/** One element of an instant vector. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  /** May be NaN or infinite. */
  readonly value: number;
}

export interface PrometheusClient {
  /** An instant vector, as of now. Rejects where Prometheus does not answer, or not with a vector. */
  query(promql: string): Promise<Sample[]>;
  /** What Prometheus says against an expression; undefined if nothing. Rejects where it does not answer. */
  check(promql: string): Promise<string | undefined>;
  /** Makes it read configuration and rules anew; what it says against them, or undefined. Rejects where it does not answer. */
  reload(): Promise<string | undefined>;
  /** Version of the rules that it evaluates; undefined where they have none. Rejects where it does not answer. */
  rulesVersion(): Promise<string | undefined>;
}

type RuleGroups = readonly { readonly rules: readonly { readonly name: string; readonly labels?: Readonly<Record<string, string>> }[] }[];

interface Answer {
  readonly status?: unknown;
  readonly error?: unknown;
  readonly data?: { readonly resultType?: unknown; readonly result?: unknown };
}

/** Prometheus' HTTP API, 2.42 and later. */
export function createPrometheusClient(http: JsonClient): PrometheusClient {
  return {
    async query(promql) {
      const { status, body } = await http.post('/api/v1/query', { query: promql });
      const { data, error } = (body ?? {}) as Answer;
      if (status !== 200 || data?.resultType !== 'vector' || !Array.isArray(data.result)) {
        throw new Error(`Prometheus answered ${status} to a query: ${typeof error === 'string' ? error : 'no vector'}`);
      }
      return data.result.map(toSample);
    },
    async check(promql) {
      const { status, body } = await http.post('/api/v1/format_query', { query: promql });
      const { error } = (body ?? {}) as Answer;
      if (status === 200) return undefined;
      if (status !== 400 || typeof error !== 'string') throw new Error(`Prometheus answered ${status} to a check of an expression`);
      return error.replace(/^invalid parameter "query": /, '').slice(0, 1000);
    },
    async reload() {
      const { status, body } = await http.post('/-/reload');
      if (status === 200) return undefined;
      return `${status} ${String(body).slice(0, 1000).trim()}`;
    },
    async rulesVersion() {
      const { status, body } = await http.get('/api/v1/rules?type=record');
      const { groups } = ((body ?? {}) as { data?: { groups?: RuleGroups } }).data ?? {};
      if (status !== 200 || !groups) throw new Error(`Prometheus answered ${status} when asked for its rules`);
      return groups.flatMap(({ rules }) => rules).find(({ name }) => name === RULES_VERSION)?.labels?.['version'];
    },
  };
}

function toSample(element: unknown): Sample {
  const { metric, value } = element as { metric: Record<string, string>; value: [number, string] };
  const text = value[1];
  return { labels: metric, value: text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text) };
}
