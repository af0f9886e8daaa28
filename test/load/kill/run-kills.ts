import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { functionObject, httpTrigger, packageOf, type Platform, podPool, startPlatform } from '../../contract/platform.ts';
import { startClients } from './clients.ts';

export interface KillOptions {
  readonly kills: number;
  /** From one kill to the next. */
  readonly intervalMs: number;
  readonly instances: number;
  /** Of the gateway. */
  readonly retries: 'on' | 'off';
  /** Requests under way at once while there is load. */
  readonly clients: number;
  /** Runs what was built in place of the sources. */
  readonly compiled: boolean;
}

export interface KillReport {
  readonly kills: number;
  readonly requests: number;
  /** Answers with another status or another body than the request asks for, and requests without an answer. */
  readonly wrong: readonly string[];
}

/** Answers a few kilobytes that only this request has, after 0 to 60 ms. */
const code = packageOf({
  'index.js': `
    import { createHash } from 'node:crypto';
    export async function handler({ query: { n } }) {
      const digest = createHash('sha256').update(n).digest('hex');
      await new Promise((resolve) => setTimeout(resolve, parseInt(digest.slice(0, 2), 16) % 61));
      return digest.repeat(64);
    }`,
});

/** Of every ten seconds the last three are without load, so that idle instances are killed too. */
const CYCLE_MS = 10_000;
const LOADED_MS = 7000;

/** Kills one watcher after the other by SIGKILL, under load and idle, while clients that never retry check every answer. */
export async function runKills({ kills, intervalMs, instances, retries, clients, compiled }: KillOptions): Promise<KillReport> {
  const scaling = { minReplicas: instances, maxReplicas: instances };
  const platform = await startPlatform({
    compiled,
    packages: [code],
    objects: [
      podPool('kill', { min: 2, max: instances * 2 }),
      functionObject('digest', code, { deployment: { type: 'hot', pool: 'kill' }, concurrency: 4, scaling }),
      httpTrigger('digest'),
    ],
    gateway: { retries },
  });
  try {
    await platform.until(({ functions }) => functions[0]?.readyReplicas === instances, 120_000);
    const load = startClients({ urls: [`${platform.gateways[0]?.url}/digest`], clients, pauses: () => performance.now() % CYCLE_MS > LOADED_MS });
    let done = 0;
    // On a slow machine nothing may serve for a moment: that turn is not counted.
    for (let turn = 0; done < kills && turn < kills * 5; turn++) {
      await new Promise((resolve) => setTimeout(resolve, intervalMs));
      if (await killOne(platform, turn)) done++;
    }
    const { requests, wrong } = await load.stop();
    return { kills: done, requests, wrong: wrong.map(({ problem }) => problem) };
  } finally {
    await platform.close();
  }
}

/** Ends the process group of one serving instance; false if none served. */
async function killOne(platform: Platform, turn: number): Promise<boolean> {
  const serving = (await platform.state()).instances.filter(({ state, function: fn }) => state === 'ready' && fn !== null);
  const victim = serving[(turn * 7) % Math.max(1, serving.length)];
  const file = (await readdir(join(platform.dir, 'state/processes'))).find((name) => name === `${victim?.id}.json`);
  if (!file) return false;
  const { pid } = JSON.parse(await readFile(join(platform.dir, 'state/processes', file), 'utf8')) as { pid: number };
  process.kill(-pid, 'SIGKILL');
  return true;
}
