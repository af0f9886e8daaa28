import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../../kit/log.ts';
import { createMetrics, METRICS_CONTENT_TYPE } from '../../../kit/metrics.ts';
import { type Monitoring, startMonitoring } from '../../../kit/monitoring.ts';
import { createHttpServer, serve } from '../../../kit/serve.ts';
import { createFileStore } from '../../../kit/store/files.ts';
import type { Store } from '../../../kit/store/store.ts';
import { parseDuration } from '../../../protocol/duration.ts';
import { API_VERSION, functionName, METRICS, SCALER_PATHS } from '../../../protocol/names.ts';
import type { FunctionResource, ScalingRuleResource } from '../../../protocol/schema/resources.ts';
import type { RulesView, RuleVerdict } from '../../../scaler/decide/verdict.ts';
import { type Rules, startRules } from '../../../scaler/rules/rules.ts';
import { createRulesFile } from '../../../scaler/rules/rules-file.ts';
import { type FakeGateway, startFakeGateway } from './exporter.ts';
import { monitoringPrograms } from './programs.ts';
import { freePort } from '../../free-port.ts';

export interface WorldOptions {
  readonly functions: readonly FunctionResource[];
  readonly rules: readonly ScalingRuleResource[];
  /** Default 1. */
  readonly gateways?: number;
}

/** A change of a function's replicas, ms after the last `mark`. */
export interface Step {
  readonly atMs: number;
  readonly replicas: number;
}

/** Real Prometheus, Alertmanager and rules loop; gateways are metrics alone, and replicas are numbers that obey each verdict at once. */
export interface World {
  readonly dir: string;
  readonly store: Store;
  readonly gateways: readonly FakeGateway[];
  readonly monitoring: Monitoring;
  replicas(name: string): number;
  setReplicas(name: string, replicas: number): void;
  /** Whether its replicas follow its verdicts; at first they do. */
  setObeys(name: string, obeys: boolean): void;
  view(): RulesView;
  verdict(name: string): RuleVerdict | undefined;
  /** Forgets steps; the clock of steps starts now. */
  mark(): void;
  steps(name: string): readonly Step[];
  /** Resolves with its time after the mark once `fits`. @throws Error after `timeoutMs` */
  until(what: string, fits: () => boolean | Promise<boolean>, timeoutMs: number): Promise<number>;
  silence(matchers: Readonly<Record<string, string>>): Promise<string>;
  unsilence(id: string): Promise<void>;
  alerts(): Promise<{ labels: Record<string, string>; status: { state: string; inhibitedBy: string[] } }[]>;
  query(promql: string): Promise<{ metric: Record<string, string>; value: number }[]>;
  close(): Promise<void>;
}

export const NAMESPACE = 'default';
const TOKEN = 'token-of-the-test';

export async function startWorld({ functions, rules, gateways: count = 1 }: WorldOptions): Promise<World> {
  const dir = await mkdtemp(join(tmpdir(), 'rules-'));
  const store = await createFileStore(join(dir, 'objects'));
  for (const object of [...functions, ...rules]) await store.apply(object);
  const gateways = await Promise.all(Array.from({ length: count }, () => startFakeGateway()));
  const scaler = fakeScaler(functions, count);
  const served = await serve(scaler.server, { host: '127.0.0.1', port: 0, name: 'a fake scaler' });
  const rulesFile = join(dir, 'rules.yml');
  const monitoring = await startMonitoring({
    programs: await monitoringPrograms(),
    dir,
    ports: { prometheus: await freePort(), alertmanager: await freePort() },
    gateways: gateways.map(({ address }) => address),
    scaler: `127.0.0.1:${served.port}`,
    token: TOKEN,
    rulesFile,
    log: silentLog,
  });
  const { prometheusUrl, alertmanagerUrl } = monitoring;
  const running = await startRules({
    store,
    metrics: scaler.metrics,
    prometheusUrl,
    alertmanagerUrl,
    target: createRulesFile(rulesFile),
    onView: scaler.obey,
    log: silentLog,
  });
  scaler.connect(running);
  const json = async (url: string, init?: RequestInit) => {
    const response = await fetch(url, init);
    if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
    const text = await response.text();
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  };
  return {
    dir,
    store,
    gateways,
    monitoring,
    ...scaler.face,
    async silence(matchers) {
      const body = {
        matchers: Object.entries(matchers).map(([name, value]) => ({ name, value, isRegex: false, isEqual: true })),
        startsAt: new Date().toISOString(),
        endsAt: new Date(Date.now() + 600_000).toISOString(),
        createdBy: 'test',
        comment: 'test',
      };
      const answer = await json(`${alertmanagerUrl}/api/v2/silences`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return (answer as { silenceID: string }).silenceID;
    },
    async unsilence(id) {
      await json(`${alertmanagerUrl}/api/v2/silence/${id}`, { method: 'DELETE' });
    },
    alerts: async () => (await json(`${alertmanagerUrl}/api/v2/alerts`)) as Awaited<ReturnType<World['alerts']>>,
    async query(promql) {
      const answer = (await json(`${prometheusUrl}/api/v1/query?query=${encodeURIComponent(promql)}`)) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      return answer.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
    async close() {
      await running.close();
      await monitoring.close();
      await served.close();
      await Promise.all(gateways.map((gateway) => gateway.close()));
      await store.close();
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function fakeScaler(functions: readonly FunctionResource[], gateways: number) {
  const metrics = createMetrics();
  const gauge = (name: string) => metrics.gauge(name, name);
  const gauges = {
    count: gauge(METRICS.serviceCount),
    rate: gauge(METRICS.targetRate),
    concurrency: gauge(METRICS.targetConcurrency),
    stabilization: gauge(METRICS.stabilizationSeconds),
  };
  gauge(METRICS.gateways).cell({}).value = gateways;
  const replicas = new Map(functions.map(({ metadata }) => [functionName(metadata.namespace, metadata.name), 1]));
  for (const { metadata, spec } of functions) {
    const labels = { function_name: functionName(metadata.namespace, metadata.name) };
    if (spec.scaling.targetRate !== undefined) gauges.rate.cell(labels).value = spec.scaling.targetRate;
    gauges.concurrency.cell(labels).value = spec.concurrency;
    gauges.stabilization.cell({ ...labels, window: spec.scaling.stabilizationWindow }).value = parseDuration(spec.scaling.stabilizationWindow) / 1000;
  }
  metrics.onCollect(() => {
    for (const [fn, value] of replicas) gauges.count.cell({ function_name: fn }).value = value;
  });
  let view: RulesView = { verdicts: new Map(), frozen: new Set() };
  let rules: Rules | undefined;
  let markedAt = Date.now();
  const disobedient = new Set<string>();
  const steps: (Step & { readonly fn: string })[] = [];
  const set = (fn: string, value: number) => {
    if (replicas.get(fn) === value) return;
    replicas.set(fn, value);
    steps.push({ fn, atMs: Date.now() - markedAt, replicas: value });
  };
  const obey = (next: RulesView) => {
    view = next;
    for (const [fn, verdict] of next.verdicts) {
      if (verdict.kind === 'hold' || next.frozen.has(fn) || disobedient.has(fn)) continue;
      const current = replicas.get(fn) ?? 0;
      set(fn, verdict.kind === 'out' ? Math.max(current, verdict.replicas) : Math.min(current, verdict.replicas));
    }
  };
  const server = createHttpServer((request, response) => {
    request.resume();
    if (request.url === SCALER_PATHS.metrics) return void response.writeHead(200, { 'content-type': METRICS_CONTENT_TYPE }).end(metrics.render());
    if (request.headers.authorization !== `Bearer ${TOKEN}`) return void response.writeHead(401).end();
    if (request.url === SCALER_PATHS.alerts) rules?.nudge();
    response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
  });
  const name = (fn: string) => functionName(NAMESPACE, fn);
  const face: Pick<World, 'replicas' | 'setReplicas' | 'setObeys' | 'view' | 'verdict' | 'mark' | 'steps' | 'until'> = {
    replicas: (fn) => replicas.get(name(fn)) ?? 0,
    setReplicas: (fn, value) => void replicas.set(name(fn), value),
    setObeys: (fn, obeys) => void (obeys ? disobedient.delete(name(fn)) : disobedient.add(name(fn))),
    view: () => view,
    verdict: (fn) => view.verdicts.get(name(fn)),
    mark() {
      markedAt = Date.now();
      steps.length = 0;
    },
    steps: (fn) => steps.filter((step) => step.fn === name(fn)),
    async until(what, fits, timeoutMs) {
      const startedAt = Date.now();
      while (!(await fits())) {
        if (Date.now() - startedAt > timeoutMs)
          throw new Error(`not within ${timeoutMs} ms: ${what}; steps: ${JSON.stringify(steps)}; verdicts: ${JSON.stringify([...view.verdicts])}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return Date.now() - markedAt;
    },
  };
  return { server, metrics, obey, face, connect: (running: Rules) => void (rules = running) };
}

export function scalingRule(name: string, functions: string[], metric: Omit<ScalingRuleResource['spec'], 'functions'>): ScalingRuleResource {
  return { apiVersion: API_VERSION, kind: 'ScalingRule', metadata: { namespace: NAMESPACE, name }, spec: { functions, ...metric } };
}
