import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { PATCH_TYPES } from '../../../kit/kubernetes/client.ts';
import { kindPath } from '../../../kit/store/kubernetes-object.ts';
import { ADMIN_PATHS, METRICS, SCALER_PATHS } from '../../../protocol/names.ts';
import type { KindName, RevisionResource } from '../../../protocol/schema/resources.ts';
import type { TestProcess } from '../../contract/platform/process.ts';
import type { Measure } from '../measure.ts';
import { quantile } from '../quantile.ts';
import { machineLoad } from './machine-load.ts';
import { watchAudit } from './scale/account.ts';
import { createFakeNode, type FakeNode } from './scale/fake-node.ts';
import { inParallel } from '../../../kit/in-parallel.ts';
import { longestScrapeTurn } from './scale/scrape-turns.ts';
import { openScaleWorld, PACKAGE_BYTES, POOL, type ScaleWorld } from './scale/world.ts';

const FUNCTIONS = Number(process.env['FIB_BENCH_FUNCTIONS'] ?? 10_000);
/** Those that are used: each has two instances and a package of its own; others share these packages. */
const ACTIVE = FUNCTIONS / 10;
const INSTANCES_EACH = 2;
const CHANGES = 200;
const CHANGES_AT_ONCE = 4;
const REST_MS = 60_000;
const SCRAPES = 9;
const POLL_MS = 5000;

/** Gateway and scaler, as users run them, with many functions and ready pods that are plain objects of a real API server. */
export async function run(): Promise<Measure[]> {
  const world = await openScaleWorld();
  let node: FakeNode | undefined;
  try {
    await timed(`${FUNCTIONS} functions and triggers are created`, () => world.addFunctions(FUNCTIONS, ACTIVE));
    const first = await world.startScaler();
    const revisions = await timed('their revisions are written', () => allRevisions(world));
    await timed('their statuses are written', () => allStatuses(world));
    const busiest = memoryOf(first).peak;
    await first.stop();
    const pool = await world.store.get('PodPool', world.namespace, POOL);
    if (!pool) throw new Error('the pool is gone');
    node = await createFakeNode(world.client, `${world.namespace}-node`, pool);
    const active = revisions.slice(0, ACTIVE).flatMap((revision) => Array.from({ length: INSTANCES_EACH }, () => revision));
    const adding = node.addPods(active);
    await timed(`${active.length} pods are made ready`, () => adding);

    const restarted = await restart(world);
    const { measures, processes } = restarted;
    await askAll(world);
    measures.push(await changes(world));
    measures.push(...(await scrapes(world)));
    measures.push(await rest(world));
    measures.push(memory(processes, busiest));
    return measures;
  } finally {
    // First, or they would make other pods in place of those that go.
    await world.stop();
    await node?.close();
    await world.close();
  }
}

/** Each after the other, as in an update: the gateway to the first answer of a function that has an instance, the scaler until it leads and has taken over every pod. */
async function restart(world: ScaleWorld): Promise<{ measures: Measure[]; processes: readonly TestProcess[] }> {
  const timed = async (work: () => Promise<TestProcess>) => {
    const begun = performance.now();
    const started = await work();
    return { started, seconds: (performance.now() - begun) / 1000 };
  };
  const scaler = await timed(() => world.startScaler());
  const gateway = await timed(async () => {
    const started = world.startGateway();
    for (const until = performance.now() + 60_000; (await status(`${world.gatewayUrl}/fn-0`)) !== 200 && performance.now() < until;) await sleep(20);
    return started;
  });
  const what = `${FUNCTIONS} functions, ${ACTIVE * INSTANCES_EACH} pods`;
  return {
    measures: [
      measure(`scaler starts → leads, with ${what} (${machineLoad()})`, scaler.seconds, 's', 10),
      measure(`gateway starts → serves, with ${what}`, gateway.seconds, 's', 10),
    ],
    processes: [scaler.started, gateway.started],
  };
}

/** From the write at the API server to the first answer on a new path. */
async function changes(world: ScaleWorld): Promise<Measure> {
  const samples: number[] = [];
  await inParallel(Array(Math.min(CHANGES, ACTIVE)).keys(), CHANGES_AT_ONCE, async (n) => {
    const begun = performance.now();
    await world.client.request('PATCH', kindPath('Trigger', { namespace: world.namespace, name: `fn-${n}-http` }), {
      body: { spec: { http: { path: `/moved-${n}` } } },
      contentType: PATCH_TYPES.merge,
    });
    while ((await status(`${world.gatewayUrl}/moved-${n}`)) !== 200 && performance.now() - begun < 30_000) await sleep(2);
    samples.push(performance.now() - begun);
  });
  const name = `change → visible to the gateway, p99 of ${samples.length} (p50 ${Math.round(quantile(samples, 0.5))} ms; ${machineLoad()})`;
  return measure(name, quantile(samples, 0.99), 'ms', 1000);
}

/** What Prometheus gets, with every active function just used. */
async function scrapes(world: ScaleWorld): Promise<Measure[]> {
  const [gateway, scaler] = [await scrape(world.gatewayAdminUrl + ADMIN_PATHS.metrics, world), await scrape(world.scalerUrl + SCALER_PATHS.metrics, world)];
  const size = (gateway.bytes + scaler.bytes) / 1e6;
  const all = `${gateway.series} of the gateway, ${scaler.series} of the scaler in all`;
  return [
    measure(`series of an active function, gateway (${all})`, gateway.seriesOfOne, 'series', 6),
    measure('series of an active function, scaler', scaler.seriesOfOne, 'series', 6),
    measure(`scrape of both, ${ACTIVE} functions active of ${FUNCTIONS} (gateway ${(gateway.bytes / 1e6).toFixed(2)} MB)`, size, 'MB', 2),
    measure(`scrape of the gateway, median (scaler ${scaler.ms.toFixed(1)} ms; ${machineLoad()})`, gateway.ms, 'ms', 50),
    measure('scrape of the gateway, longest turn of its event loop', await longestScrapeTurn(FUNCTIONS, ACTIVE), 'ms', 5),
  ];
}

interface Scrape {
  readonly bytes: number;
  readonly series: number;
  readonly seriesOfOne: number;
  readonly ms: number;
}

async function scrape(url: string, { namespace }: ScaleWorld): Promise<Scrape> {
  const times: number[] = [];
  let text = '';
  for (let n = 0; n < SCRAPES; n++) {
    const begun = performance.now();
    text = await (await fetch(url)).text();
    times.push(performance.now() - begun);
  }
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  if (!lines.some((line) => line.startsWith(METRICS.invokeTotal) || line.startsWith(METRICS.serviceCount))) throw new Error(`${url} shows no function`);
  const seriesOfOne = lines.filter((line) => line.includes(`function_name="${namespace}/fn-1"`)).length;
  return { bytes: Buffer.byteLength(text), series: lines.length, seriesOfOne, ms: quantile(times, 0.5) };
}

/** Nobody asks for anything, and nothing changes. */
async function rest(world: ScaleWorld): Promise<Measure> {
  await sleep(5000);
  const end = await watchAudit(
    world.cluster.auditLog,
    world.accounts.map(({ user }) => user),
  );
  await sleep(REST_MS);
  const counts = [...(await end())].sort(([, a], [, b]) => b - a);
  const perSecond = counts.reduce((sum, [, count]) => sum + count, 0) / (REST_MS / 1000);
  const most = counts.slice(0, 3).map(([what, count]) => `${count} × ${what}`);
  if (counts.length === 0) throw new Error('the audit log shows no request of ours; not even the renewal of the Lease');
  return measure(`requests to the API server at rest, both (${most.join(', ')} in ${REST_MS / 1000} s)`, perSecond, 'a second', 5);
}

/** What both map of one file, the program of Node.js, they share: it counts once. */
function memory(processes: readonly TestProcess[], busiest: number): Measure {
  const [scaler, gateway] = processes.map(memoryOf) as [Memory, Memory];
  const shared = Math.min(gateway.file, scaler.file);
  const peaks = `${Math.round(shared)} of each the program of Node.js, which both share; peaks ${Math.round(gateway.peak)} and ${Math.round(scaler.peak)}; the first scaler, which wrote all statuses: ${Math.round(busiest)}`;
  const name = `memory of gateway (${Math.round(gateway.now)}) and scaler (${Math.round(scaler.now)}), ${FUNCTIONS} functions with packages of ${PACKAGE_BYTES / 1024} KiB (${peaks})`;
  return measure(name, gateway.now + scaler.now - shared, 'MB', 300);
}

interface Memory {
  readonly now: number;
  readonly file: number;
  readonly peak: number;
}

/** Resident, in MB. */
function memoryOf({ pid }: TestProcess): Memory {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (field: string) => (Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024) / 1e6;
  return { now: megabytes('VmRSS'), file: megabytes('RssFile'), peak: megabytes('VmHWM') };
}

/** One request to each active function, so that it has all its series. */
async function askAll(world: ScaleWorld): Promise<void> {
  await inParallel(Array(ACTIVE).keys(), 8, async (n) => {
    const answer = await status(`${world.gatewayUrl}/fn-${n}`);
    if (answer !== 200) throw new Error(`fn-${n} answered ${answer}`);
  });
}

async function allRevisions(world: ScaleWorld): Promise<RevisionResource[]> {
  while ((await count(world, 'Revision')) < FUNCTIONS) await sleep(POLL_MS);
  const byFunction = new Map((await world.store.list('Revision')).map((revision) => [revision.spec.function, revision]));
  return Array.from({ length: FUNCTIONS }, (_, n) => byFunction.get(`fn-${n}`) ?? missing(`a revision of ${world.namespace}/fn-${n}`));
}

async function allStatuses({ store }: ScaleWorld): Promise<void> {
  while ((await store.list('Function')).some((fn) => fn.status === undefined)) await sleep(3 * POLL_MS);
}

/** Without reading them: the API server tells how many are behind the first. */
async function count({ client, namespace }: ScaleWorld, kind: KindName): Promise<number> {
  const { items, metadata } = await client.request<{ items: readonly unknown[]; metadata: { remainingItemCount?: number } }>(
    'GET',
    kindPath(kind, { namespace }),
    { query: { limit: 1 } },
  );
  return items.length + (metadata.remainingItemCount ?? 0);
}

function missing(what: string): never {
  throw new Error(`there is no ${what}`);
}

async function status(url: string): Promise<number> {
  return fetch(url).then(
    async (response) => {
      await response.arrayBuffer();
      return response.status;
    },
    () => 0,
  );
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  const value = await work();
  process.stderr.write(`  ${what}: ${((performance.now() - begun) / 1000).toFixed(0)} s (${machineLoad()})\n`);
  return value;
}

function measure(name: string, value: number, unit: string, budget: number): Measure {
  return { name, value: Math.round(value * 100) / 100, unit, budget, ok: value <= budget };
}
