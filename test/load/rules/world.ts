import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../../kit/log.ts';
import { startMonitoring } from '../../../kit/monitoring.ts';
import { JOBS } from '../../../protocol/monitoring/prometheus.ts';
import type { Package } from '../../../protocol/package.ts';
import type { AnyResource } from '../../../protocol/schema/resources.ts';
import type { ScalingRuleSpec } from '../../../protocol/schema/scaling-rule.ts';
import { functionObject, httpTrigger, NAMESPACE, packageOf, podPool, type ScalerState, startPlatform } from '../../contract/platform.ts';
import { monitoringPrograms } from '../../contract/rules-world/programs.ts';
import { scalingRule } from '../../contract/rules-world/world.ts';
import { freePort } from '../../free-port.ts';

export interface RulesWorld {
  state(): Promise<ScalerState>;
  /** Of functions. */
  readonly namespace: string;
  /** Of a function's HTTP trigger. */
  url(name: string): string;
  /** Adds a function with its rule, once the whole pool waits. */
  add(fn: LoadedFunction): Promise<void>;
  /** Takes it away; its instances end. */
  remove(fn: LoadedFunction): Promise<void>;
  /** Longest scrape of the gateway in the last seconds, in seconds: above a tenth, counts and times do not fit each other. */
  longestScrape(seconds: number): Promise<number>;
  close(): Promise<void>;
}

export interface LoadedFunction {
  readonly name: string;
  /** How long its handler waits. */
  readonly workMs: number;
  readonly concurrency: number;
  readonly targetRate: number;
  readonly rule?: Omit<ScalingRuleSpec, 'functions'>;
}

/** Each instance is rated for this many requests a second, as the verbatim rule says. */
export const RATE = 50;

/** Gateway, scaler, Prometheus and Alertmanager as in development, and a pool of `pool` instances that are made before anything is measured; `max` (default `pool`: what is taken is not replaced) is its size with those taken. */
export async function startRulesWorld({ demand, pool, max = pool }: { demand: 'on' | 'off'; pool: number; max?: number }): Promise<RulesWorld> {
  const dir = await mkdtemp(join(tmpdir(), 'rules-bench-'));
  const [scalerPort, adminPort, prometheus, alertmanager] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const rulesFile = join(dir, 'rules.yml');
  const monitoring = await startMonitoring({
    programs: await monitoringPrograms(),
    dir,
    ports: { prometheus, alertmanager },
    gateways: [`127.0.0.1:${adminPort}`],
    scaler: `127.0.0.1:${scalerPort}`,
    token: 'token-of-the-test',
    rulesFile,
    log: silentLog,
  });
  const { prometheusUrl, alertmanagerUrl } = monitoring;
  const platform = await startPlatform({
    objects: [podPool('bench', { min: pool, max })],
    scaler: { port: scalerPort, demand, prometheusUrl, alertmanagerUrl, rulesFile },
    gateway: { adminPort },
  });
  const allWait = () => platform.until(({ pools }) => pools.some(({ idle }) => idle >= pool), 120_000);
  return {
    state: platform.state,
    namespace: NAMESPACE,
    url: (name) => `${platform.gateways[0]?.url}/${name}`,
    async add(fn) {
      await allWait();
      const { pkg, objects } = objectsOf(fn);
      await platform.putPackage(pkg);
      await platform.apply(...objects);
    },
    async remove(fn) {
      for (const { kind, metadata } of objectsOf(fn).objects) await platform.store.remove(kind, metadata.namespace, metadata.name);
    },
    longestScrape: (seconds) => longestScrape(prometheusUrl, seconds),
    async close() {
      await platform.close();
      await monitoring.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** Of any gateway, in seconds, over the last seconds. */
export async function longestScrape(prometheusUrl: string, seconds: number): Promise<number> {
  const query = encodeURIComponent(`max(max_over_time(scrape_duration_seconds{job="${JOBS.gateway}"}[${Math.ceil(seconds)}s]))`);
  const answer = (await (await fetch(`${prometheusUrl}/api/v1/query?query=${query}`)).json()) as { data: { result: { value: [number, string] }[] } };
  return Number(answer.data.result[0]?.value[1] ?? Infinity);
}

/** What is applied of a loaded function, and its package. */
export function objectsOf({ name, workMs, concurrency, targetRate, rule }: LoadedFunction): { objects: AnyResource[]; pkg: Package } {
  const pkg = packageOf({
    'index.mjs': `export const handler = async () => {\n  await new Promise((resolve) => setTimeout(resolve, ${workMs}));\n  return 'ok';\n};\n`,
  });
  const fn = functionObject(name, pkg, {
    access: 'public',
    concurrency,
    deployment: { type: 'hot', pool: 'bench' },
    scaling: { targetRate, maxReplicas: 20, idleTimeout: '5m' },
  });
  return { pkg, objects: [fn, httpTrigger(name), ...(rule ? [scalingRule(name, [name], rule)] : [])] };
}

export interface Change {
  readonly atMs: number;
  readonly replicas: number;
  readonly ready: number;
}

/** Follows a function's replicas until closed. */
export function followReplicas(
  { state, namespace }: Pick<RulesWorld, 'state' | 'namespace'>,
  name: string,
): { readonly changes: Change[]; restart(): void; close(): Promise<void> } {
  const changes: Change[] = [];
  let startedAt = performance.now();
  let closed = false;
  const follow = async () => {
    while (!closed) {
      const { functions } = await state();
      const found = functions.find((fn) => fn.name === `${namespace}/${name}`);
      const now = { replicas: found?.replicas ?? 0, ready: found?.readyReplicas ?? 0 };
      const last = changes.at(-1);
      if (last?.replicas !== now.replicas || last.ready !== now.ready) changes.push({ atMs: performance.now() - startedAt, ...now });
      await sleep(20);
    }
  };
  const following = follow();
  return {
    changes,
    restart() {
      startedAt = performance.now();
      const last = changes.splice(0).at(-1);
      if (last) changes.push({ ...last, atMs: 0 });
    },
    async close() {
      closed = true;
      await following;
    },
  };
}
