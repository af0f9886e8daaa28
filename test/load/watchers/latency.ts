import { setTimeout as sleep } from 'node:timers/promises';
import { WatcherProcess } from '../../contract/watcher/watcher-process.ts';
import type { Measure } from '../measure.ts';
import { type NoiseWatch, watchNoise } from '../quiet.ts';
import { startBareServer } from './bare-server.ts';
import { atMost, median, round } from './figures.ts';
import type { Subject } from './languages.ts';
import { accountOf } from './process-account.ts';
import { paddedPackage, push } from './push.ts';

const SAMPLES = 11;
const WARM_UP = 1;
const BARE_SAMPLES = 5;
const UPDATES = 10;
const PATIENCE_MS = 500;
const MEBIBYTE = 1024 * 1024;
const UPDATE_BUDGET_MS = 300;

interface Sample {
  readonly startMs: number;
  readonly memoryBytes: number;
  readonly totalMs: number;
  readonly transferMs: number;
}

/** From the start of a watcher until it is ready, its memory, and its specialization: each sample is a watcher of its own. */
export async function measureStart(language: Subject): Promise<Measure[]> {
  const { runtime, budgets, packageBytes } = language;
  const noise = watchNoise();
  const samples: Sample[] = [];
  for (let count = 0; count < WARM_UP + SAMPLES; count++) samples.push(await startOnce(language, noise));
  const middle = (what: keyof Sample) => median(samples.slice(WARM_UP).map((sample) => sample[what]));
  const bare = await bareFigures(language.bareCommand);
  const [transfer, total] = [middle('transferMs'), middle('totalMs')];
  const megabytes = `${packageBytes / 1e6} MB`;
  const specialized =
    language.transferApart === true
      ? atMost(
          `${runtime} specialization, ${megabytes} that the node has, p50 (transfer apart: ${round(transfer)} ms)`,
          total - transfer,
          'ms',
          budgets.specializeMs,
          noise,
        )
      : atMost(`${runtime} specialization, ${megabytes}, p50 (of it transfer ${round(transfer)} ms)`, total, 'ms', budgets.specializeMs, noise);
  return [
    atMost(`${runtime} start → ready, p50 (bare server: ${round(bare.startMs)} ms)`, middle('startMs'), 'ms', budgets.startMs, noise),
    atMost(
      `${runtime} memory when ready (bare server: ${round(bare.memoryBytes / MEBIBYTE)} MiB)`,
      middle('memoryBytes') / MEBIBYTE,
      'MiB',
      budgets.memoryMib,
      noise,
    ),
    specialized,
  ];
}

async function startOnce(language: Subject, noise: NoiseWatch): Promise<Sample> {
  const packed = paddedPackage(language.files, language.packageBytes);
  const watcher = new WatcherProcess(language.runtime);
  try {
    await noise.quiet(PATIENCE_MS);
    const begun = performance.now();
    await watcher.start();
    const ready = await fetch(`http://127.0.0.1:${watcher.controlPort}/_/ready`);
    const startMs = performance.now() - begun;
    if (ready.status !== 200) throw new Error(`${language.runtime} listens, and is not ready: ${await ready.text()}`);
    await noise.quiet(PATIENCE_MS);
    const { memoryBytes } = accountOf(watcher.pid);
    const times = await push(watcher, 'specialize', { package: packed, handler: language.handler('event'), signature: 'event', generation: 1 });
    return { startMs, memoryBytes, ...times };
  } finally {
    await watcher.close();
  }
}

async function bareFigures(command: readonly string[]): Promise<{ startMs: number; memoryBytes: number }> {
  const samples = [];
  for (let count = 0; count < BARE_SAMPLES; count++) {
    const server = await startBareServer(command);
    samples.push({ startMs: server.startMs, memoryBytes: accountOf(server.pid).memoryBytes });
    await server.close();
  }
  return { startMs: median(samples.map((sample) => sample.startMs)), memoryBytes: median(samples.map((sample) => sample.memoryBytes)) };
}

/** From the push of new code until the first answer by it. */
export async function measureUpdate(language: Subject): Promise<Measure[]> {
  const { runtime, packageBytes } = language;
  const noise = watchNoise();
  const watcher = new WatcherProcess(runtime);
  const revision = (generation: number) => ({
    package: paddedPackage(language.files, packageBytes),
    handler: language.handler('version'),
    signature: 'event',
    generation,
    env: { VERSION: `v${generation}` },
  });
  try {
    await watcher.start();
    await push(watcher, 'specialize', revision(1));
    const times: number[] = [];
    for (let generation = 2; generation < UPDATES + 2; generation++) {
      const next = revision(generation);
      await noise.quiet(PATIENCE_MS);
      const begun = performance.now();
      await push(watcher, 'update', next);
      await untilAnswered(watcher, `v${generation}`);
      times.push(performance.now() - begun);
    }
    const name = `${runtime} hot update → new code answers, ${packageBytes / 1e6} MB, slowest of ${UPDATES} (p50: ${round(median(times))} ms)`;
    return [atMost(name, Math.max(...times), 'ms', UPDATE_BUDGET_MS, noise)];
  } finally {
    await watcher.close();
  }
}

/** @throws Error for an answer that is neither that of the new code nor of the old */
async function untilAnswered(watcher: WatcherProcess, version: string): Promise<void> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${watcher.dataPort}/`, { headers: { connection: 'close' } });
    const body = await response.text();
    if (body === version) return;
    if (response.status !== 200) throw new Error(`an update was answered ${response.status} ${body}`);
    await sleep(1);
  }
}
