import { WatcherProcess } from '../../contract/watcher/watcher-process.ts';
import type { Measure } from '../measure.ts';
import { watchNoise } from '../quiet.ts';
import { startBareServer } from './bare-server.ts';
import { atLeast, atMost, median, round } from './figures.ts';
import type { Subject } from './languages.ts';
import type { LoadClient } from './load-client.ts';
import { accountOf, pin } from './process-account.ts';
import { paddedPackage, push } from './push.ts';

const CONNECTIONS = 16;
const ROUND_MS = 1200;
const ROUNDS = 5;
const PATIENCE_MS = 400;

interface Server {
  readonly pid: number;
  readonly url: string;
  close(): Promise<unknown>;
}

interface Round {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

/**
 * Requests a second and CPU a request of the watcher against the bare server, each on one processor, with the client on another.
 * They take turns, so that what else the machine does falls on all; the medians count.
 */
export async function measureThroughput(language: Subject, load: LoadClient): Promise<Measure[]> {
  const noise = watchNoise();
  const servers: Server[] = [];
  const started = async (server: Promise<Server>) => {
    const one = await server;
    servers.push(one);
    return one;
  };
  const saturate = async ({ pid, url }: Server, durationMs: number): Promise<Round> => {
    const before = accountOf(pid).cpuSeconds;
    const { requests, failed, closed, seconds } = await load(url, CONNECTIONS, durationMs);
    if (failed > 0 || (closed > 0 && pid !== servers[0]?.pid))
      throw new Error(`of ${requests} requests to ${url} (${language.runtime}) ${failed} failed, and ${closed} connections were closed`);
    return { perSecond: requests / seconds, cpuMicros: ((accountOf(pid).cpuSeconds - before) / requests) * 1e6 };
  };
  try {
    const bare = await started(startBareServer(language.bareCommand));
    const event = await started(startWatcher(language, 'event', 'event'));
    const web = await started(startWatcher(language, 'web', language.web));
    for (const server of servers) {
      await saturate(server, language.warmUpMs);
      pin(server.pid);
    }
    const rounds = [];
    for (let count = 0; count < ROUNDS; count++) {
      await noise.quiet(PATIENCE_MS);
      rounds.push({ bare: await saturate(bare, ROUND_MS), event: await saturate(event, ROUND_MS), web: await saturate(web, ROUND_MS) });
    }
    return compare(language, rounds);
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
}

async function startWatcher(language: Subject, name: string, signature: string): Promise<Server> {
  const watcher = new WatcherProcess(language.runtime);
  await watcher.start();
  await push(watcher, 'specialize', { package: paddedPackage(language.files, 0), handler: language.handler(name), signature, generation: 1 });
  return { pid: watcher.pid, url: `http://127.0.0.1:${watcher.dataPort}`, close: () => watcher.close() };
}

function compare(language: Subject, rounds: readonly Record<'bare' | 'event' | 'web', Round>[]): Measure[] {
  const { runtime, web, judged, budgets } = language;
  const other = judged === 'web' ? 'event' : 'web';
  const signatures = { event: 'event', web };
  const middle = (of: 'bare' | 'event' | 'web', what: keyof Round) => Math.round(median(rounds.map((round) => round[of][what])));
  const ratio = (of: 'event' | 'web', what: keyof Round) => median(rounds.map((round) => round[of][what] / round.bare[what]));
  const compared = (what: keyof Round, unit: string) =>
    `${middle(judged, what)}${unit} to ${middle('bare', what)}${unit}; ${signatures[other]}: ${round(ratio(other, what))}`;
  const against = `against a bare server, ${signatures[judged]}, ${language.why}`;
  return [
    atLeast(`${runtime} requests/s ${against} (${compared('perSecond', '/s')})`, ratio(judged, 'perSecond'), 'ratio', budgets.leastRate),
    atMost(`${runtime} CPU a request ${against} (${compared('cpuMicros', ' µs')})`, ratio(judged, 'cpuMicros'), 'ratio', round(1 / budgets.leastRate)),
  ];
}
