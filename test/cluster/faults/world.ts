import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fib from '../../../constructs/index.ts';
import { LABELS, METRICS } from '../../../protocol/names.ts';
import { startClients, type WrongAnswer } from '../../load/kill/clients.ts';
import { eventually } from '../eventually.ts';
import { install, type Installed } from '../install.ts';
import { DIGEST_NODEJS, DIGEST_PYTHON, publicFunction, SLOW_START } from '../install-world/functions.ts';
import { command } from '../machine/command.ts';
import { openWindow, type Pod, type Window } from '../install-world/window.ts';
import { BARE_GATEWAY, BARE_SERVICE, bareGateway } from './bare-gateway.ts';

/** Requests that each fault is judged by, at the least. */
const REQUESTS = Number(process.env['FIB_FAULT_REQUESTS'] ?? 2000);
/** With as many as benches send, faults last longer, too. */
export const THOROUGH = REQUESTS >= 20_000;
/** Of one fault, with what heals before and after it. */
export const FAULT_TIMEOUT_MS = 240_000 + REQUESTS * 50;
/** File that reports are added to, one JSON line each; for benches. */
const REPORTS = process.env['FIB_FAULT_REPORTS'];
/** Functions that always run, in turn asked by clients. */
export const WARM = ['warm-node', 'warm-python'] as const;
/** Controllers of the cluster come back as they like after the API server was away. */
const SETTLED_MS = 120_000;
const CLIENTS = 12;
const BARE_CLIENTS = 16;
/** Long enough for what a fault leads to: kept up after it. */
const AFTER_MS = 3000;

/** A platform in pods with a gateway that protects nothing beside it, and functions that are asked while something breaks. */
export interface FaultWorld {
  readonly platform: Installed;
  readonly window: Window;
  /** Of the gateway without protection. */
  readonly bareUrl: string;
  /** Keeps asking while `fault` happens, and long enough after. The report is printed. */
  underLoad(name: string, fault: () => Promise<void>, options?: LoadOptions): Promise<FaultReport>;
  /** Pods that serve a function now. */
  podsOf(fn: string): Promise<Pod[]>;
  /** Finds the processes of a pod; what it resolves to kills them by SIGKILL. The pod's object stays. */
  aim(namespace: string, pod: string): Promise<() => Promise<void>>;
  /** Gives a workload of the platform this many pods, and waits until it has them. @param workload as `deployment/<name>` */
  scale(workload: string, replicas: number): Promise<void>;
  /** Resolves once everything is as before a fault: parts available, functions and pool with the instances they should have. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface LoadOptions {
  /** Paths of the platform's gateway. @default - the warm functions */
  readonly paths?: readonly string[];
  /** Connections are kept for one request after the other, or made for each. @default 'both', half of the clients each */
  readonly connections?: 'kept' | 'new' | 'both';
  /** Of the clients: as `ClientsOptions`. @default - they never retry */
  readonly retryAfterMs?: number;
}

export interface FaultReport {
  readonly fault: string;
  /** Unix time. */
  readonly at: string;
  readonly requests: number;
  /** Sent and not answered when the fault began. */
  readonly inFlight: number;
  /** Tries that the platform's gateways made again, as far as they still run. */
  readonly retries: number;
  readonly wrong: readonly WrongAnswer[];
  /** Of the gateway without protection. */
  readonly bare: { readonly requests: number; readonly inFlight: number; readonly wrong: readonly WrongAnswer[] };
}

/** Functions that want an instance at the same moment, more than wait in the pool. */
export const BURST = ['burst-0', 'burst-1', 'burst-2', 'burst-3', 'burst-4'] as const;
/** Of `ruled`: how long a low has to last before it counts. */
export const STABILIZATION_SECONDS = 5;

export interface Variant {
  /** Other code that answers the same. */
  readonly version?: string;
  /** Other memory makes other pods. */
  readonly poolMebibytes?: number;
}

export function declareFunctions(stack: fib.FunctionStack, { version = '1', poolMebibytes = 192 }: Variant = {}): void {
  const pool = (name: string, runtime: fib.Runtime, min: number, max: number) =>
    fib.hot(new fib.PodPool(stack, name, { runtime, min, max, memory: fib.Size.mebibytes(poolMebibytes) }));
  const always = (replicas: number) => ({ scaling: { minReplicas: replicas, maxReplicas: replicas }, env: { VERSION: version } });
  const node = pool('node', fib.Runtime.NODEJS, 2, 16);
  const python = pool('python', fib.Runtime.PYTHON, 0, 6);
  publicFunction({ stack, name: 'warm-node' }, { code: DIGEST_NODEJS, deployment: node, ...always(3) });
  publicFunction({ stack, name: 'warm-python' }, { runtime: fib.Runtime.PYTHON, code: DIGEST_PYTHON, deployment: python, ...always(2) });
  // Nobody asks for them before something breaks, and they go soon after.
  const patient = fib.Duration.seconds(90);
  const once = { deployment: node, activationTimeout: patient, scaling: { maxReplicas: 1, idleTimeout: fib.Duration.seconds(5) } };
  publicFunction({ stack, name: 'slow-start' }, { code: SLOW_START, ...once });
  for (const name of ['fresh', ...BURST]) publicFunction({ stack, name }, { code: DIGEST_NODEJS, ...once });
  publicFunction({ stack, name: 'hasty' }, { code: DIGEST_NODEJS, ...once, activationTimeout: fib.Duration.seconds(1) });
  const slowly = { stabilizationWindow: fib.Duration.seconds(STABILIZATION_SECONDS), idleTimeout: fib.Duration.minutes(10) };
  const ruled = publicFunction({ stack, name: 'ruled' }, { code: DIGEST_NODEJS, deployment: node, scaling: { minReplicas: 1, maxReplicas: 2, ...slowly } });
  fib.ScalingRule.requestsPerSecond(stack, 'ruled-rate', { functions: [ruled], target: 10 });
}

export async function openFaultWorld(): Promise<FaultWorld> {
  const platform = await install({ topic: 'faults', functions: (stack) => declareFunctions(stack) });
  const { cluster, namespace, system } = platform;
  await cluster.apply(...bareGateway(platform.platformObjects));
  const window = await openWindow(platform);
  const { spec } = await cluster.get<{ spec: { clusterIP: string } }>('service', BARE_SERVICE, '-n', system);
  const bareUrl = `http://${spec.clusterIP}`;

  const settled = async () => {
    await platform.available();
    await cluster.kubectl(['rollout', 'status', `deployment/${BARE_GATEWAY}`, '-n', system, '--timeout=120s']);
    const short = async () => {
      const { functions, pools } = await window.state();
      return [
        ...functions.filter(({ replicas, readyReplicas }) => readyReplicas < replicas).map(({ name }) => name),
        ...pools.filter(({ name, idle }) => name.endsWith('/node') && idle < 2).map(({ name }) => name),
      ];
    };
    await eventually(
      async () => (await short()).length === 0,
      async () => `not settled: ${(await short()).join(', ')}`,
      SETTLED_MS,
    );
    for (const base of [platform.url, bareUrl]) {
      for (const path of WARM) {
        await eventually(
          async () => (await fetch(`${base}/${path}?n=0`)).status === 200,
          () => `${base}/${path} does not answer`,
        );
      }
    }
  };
  const underLoad: FaultWorld['underLoad'] = async (name, fault, { paths = WARM.map((fn) => `/${fn}`), connections = 'both', retryAfterMs } = {}) => {
    const retrying = retryAfterMs === undefined ? {} : { retryAfterMs };
    const before = await window.countsOfGateways(METRICS.retries);
    const urls = paths.map((path) => platform.url + path);
    const loads = [
      ...(connections === 'new' ? [] : [startClients({ urls, clients: CLIENTS / 2, ...retrying })]),
      ...(connections === 'kept' ? [] : [startClients({ urls, clients: CLIENTS / 2, keepAlive: false, ...retrying })]),
    ];
    const bareUrls = WARM.map((fn) => `${bareUrl}/${fn}`);
    const bareLoads = [
      startClients({ urls: bareUrls, clients: BARE_CLIENTS / 2 }),
      startClients({ urls: bareUrls, clients: BARE_CLIENTS / 2, keepAlive: false }),
    ];
    const answered = () => sum(loads, ({ requests }) => requests);
    try {
      await until(() => answered() >= REQUESTS / 4);
      const at = new Date().toISOString();
      const [inFlight, bareInFlight] = [sum(loads, (load) => load.inFlight), sum(bareLoads, (load) => load.inFlight)];
      await fault();
      const end = performance.now() + AFTER_MS;
      await until(() => performance.now() > end && answered() >= REQUESTS);
      const [ends, bareEnds] = [await stopAll(loads), await stopAll(bareLoads)];
      const report = {
        fault: name,
        at,
        inFlight,
        retries: sum([...(await window.countsOfGateways(METRICS.retries))], ([pod, count]) => madeSince(before.get(pod) ?? 0, count)),
        ...ends,
        bare: { inFlight: bareInFlight, ...bareEnds },
      };
      print(report);
      if (REPORTS !== undefined) appendFileSync(REPORTS, `${JSON.stringify(report)}\n`);
      return report;
    } finally {
      await stopAll([...loads, ...bareLoads]);
    }
  };
  return {
    platform,
    window,
    bareUrl,
    underLoad,
    settled,
    podsOf: async (fn) => {
      const { items } = await cluster.get<{ items: Pod[] }>('pods', '-n', namespace, '-l', `${LABELS.function}=${fn}`);
      return items.filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && status.phase === 'Running');
    },
    aim: (where, pod) => aimAt(platform, where, pod),
    async scale(workload, replicas) {
      await cluster.kubectl(['scale', workload, `--replicas=${replicas}`, '-n', system]);
      await cluster.kubectl(['rollout', 'status', workload, '-n', system, '--timeout=60s']);
    },
    close: () => platform.remove(),
  };
}

/** With the container runtime's own client, past kubelet and API server. */
async function aimAt({ cluster }: Installed, namespace: string, name: string): Promise<() => Promise<void>> {
  interface Target {
    readonly spec: { readonly nodeName: string };
    readonly status: { readonly containerStatuses: readonly { readonly containerID: string }[] };
  }
  const { spec, status } = await cluster.get<Target>('pod', name, '-n', namespace);
  const ids = status.containerStatuses.map(({ containerID }) => containerID.replace('containerd://', ''));
  return async () => {
    for (const id of ids) await command(join(cluster.bin, `ctr-${spec.nodeName}`), ['tasks', 'kill', '--all', '--signal', 'SIGKILL', id]);
  };
}

type Running = ReturnType<typeof startClients>;

async function stopAll(loads: readonly Running[]): Promise<{ requests: number; wrong: readonly WrongAnswer[] }> {
  const ends = await Promise.all(loads.map((load) => load.stop()));
  return { requests: sum(ends, ({ requests }) => requests), wrong: ends.flatMap(({ wrong }) => wrong) };
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A process that is new counts from zero. */
function madeSince(before: number, now: number): number {
  return now < before ? now : now - before;
}

function print({ fault, at, requests, inFlight, retries, wrong, bare }: FaultReport): void {
  process.stdout.write(
    `fault: ${fault}, at ${at}: ${requests} requests, ${inFlight} in flight, ${retries} retries, ${wrong.length} wrong; without protection ${bare.wrong.length} wrong of ${bare.requests}\n`,
  );
  for (const { problem } of wrong.slice(0, 5)) process.stdout.write(`  ${problem}\n`);
  for (const { problem } of bare.wrong.slice(0, 2)) process.stdout.write(`  without protection: ${problem}\n`);
}
