import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Measure } from './measure.ts';
import { measureStart, measureUpdate } from './watchers/latency.ts';
import { LANGUAGES } from './watchers/languages.ts';
import { createLoadClient } from './watchers/load-client.ts';
import { measureThroughput } from './watchers/throughput.ts';

/** The watchers of all languages: start, memory, specialization, hot update, and what they cost against a bare server of their language. */
export async function run(): Promise<Measure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fib-bench-'));
  try {
    const load = createLoadClient(folder);
    const measures: Measure[] = [];
    for (const language of LANGUAGES) {
      const subject = { ...language, bareCommand: language.buildBare(folder), files: language.buildFiles() };
      measures.push(...(await measureStart(subject)), ...(await measureUpdate(subject)), ...(await measureThroughput(subject, load)));
    }
    return measures;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
