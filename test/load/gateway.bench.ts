import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouteIndex } from '../../gateway/routes/route-index.ts';
import { renderEnv } from '../../kit/config.ts';
import { createFileStore } from '../../kit/store/files.ts';
import { gatewayConfig } from '../../protocol/config.ts';
import { fakeLeader } from '../contract/gateway-world/fake-leader.ts';
import { CONTENT, fn, trigger } from '../contract/gateway-world/objects.ts';
import { measureLatency, measureThroughput, type Target } from './gateway/overhead.ts';
import { type Party, startParty } from './gateway/party.ts';
import type { Measure } from './measure.ts';
import { quantile } from './quantile.ts';

const PATH = '/hello/world';
/** The gateway against a 30-line proxy: requests a second, CPU a request, latency added; and the route index. */
export async function run(): Promise<Measure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'fib-bench-'));
  const parties: Party[] = [];
  const party = (env?: Record<string, string>) => {
    const started = startParty(env);
    parties.push(started);
    return started;
  };
  const leader = await fakeLeader('bench');
  try {
    const [upstreamParty, baselineParty, load] = [party(), party(), party()];
    const upstream = target(upstreamParty, await upstreamParty.call<string>('upstream'));
    const baseline = target(baselineParty, await baselineParty.call<string>('baseline', upstream.url));
    const gateway = await startGateway(dir, leader, upstream.url, party);
    const options = { load, path: PATH, upstream, baseline, gateway };
    return [...(await measureThroughput(options)), ...(await measureLatency(options)), routeMatch()];
  } finally {
    await Promise.all(parties.map((each) => each.close()));
    await leader.close();
    await rm(dir, { recursive: true, force: true });
  }
}

async function startGateway(
  dir: string,
  leader: Awaited<ReturnType<typeof fakeLeader>>,
  upstreamUrl: string,
  party: (env: Record<string, string>) => Party,
): Promise<Target> {
  const store = await createFileStore(dir);
  const applied = await store.apply(fn('hello', { queueLimit: 100_000 }));
  await store.apply(trigger('hello', { path: '/hello' }));
  await store.close();
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const config = { storeDir: dir, internalToken: 'bench', gatewayId: 'bench', scalerUrl: leader.url, port, adminPort: 0 };
  const started = party(renderEnv(gatewayConfig, config));
  leader.announce({
    id: 'i-1',
    function: 'demo/hello',
    uid: applied.metadata.uid ?? '',
    content: CONTENT,
    generation: 1,
    address: new URL(upstreamUrl).host,
    concurrency: 1000,
    state: 'ready',
  });
  await started.call('gateway');
  await leader.hears('hello');
  return target(started, `http://127.0.0.1:${port}`);
}

function target(party: Party, url: string): Target {
  return { url, cpuSeconds: () => party.call<number>('cpuSeconds') };
}

/** Time of the same matches among 10,000 functions, in parts of that among 10; beside it what one costs where 1,000 of them are asked for in turn, and memory comes in. */
function routeMatch(): Measure {
  const pathOf = (n: number) => `/team-${n % 100}/function-${n}`;
  const hostOf = (n: number) => (n % 2 === 0 ? `h-${n % 50}.example` : undefined);
  const build = (count: number, asked: number) => {
    const index = createRouteIndex<number>();
    for (let n = 0; n < count; n++) index.set(trigger(`f-${n}`, { path: pathOf(n), ...(hostOf(n) !== undefined && { host: hostOf(n) as string }) }), n);
    const requests = Array.from({ length: 1000 }, (_, k) => (k * 7919) % asked).map((n) => ({
      host: hostOf(n) ?? 'other',
      path: `${pathOf(n)}/item/${n % 10}`,
      n,
    }));
    return () => {
      const startedAt = performance.now();
      for (let round = 0; round < 20; round++) {
        for (const { host, path, n } of requests) if (index.match(host, path, 'GET')?.target !== n) throw new Error(`${path} goes elsewhere`);
      }
      return ((performance.now() - startedAt) * 1e6) / 20_000;
    };
  };
  const [few, many, spread] = [build(10, 10), build(10_000, 10), build(10_000, 1000)];
  for (let n = 0; n < 20; n++) [few, many, spread].forEach((time) => time());
  const rounds = Array.from({ length: 41 }, () => ({ few: few(), many: many(), spread: spread() }));
  const ratio = quantile(
    rounds.map((round) => round.many / round.few),
    0.5,
  );
  const nanos = quantile(
    rounds.map((round) => round.spread),
    0.5,
  );
  const name = `route match with 10,000 functions against 10 (${Math.round(nanos)} ns each with 1,000 of them in turn)`;
  return { name, value: round2(ratio), unit: 'ratio', budget: 1.2, ok: ratio <= 1.2 };
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
