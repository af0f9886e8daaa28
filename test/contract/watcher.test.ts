import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Runtime } from '../../protocol/schema/fields.ts';
import { buildFixtures } from './watcher/fixture-builds.ts';
import { installFixtureDependencies } from './watcher/fixture-dependencies.ts';
import { StepRunner } from './watcher/steps.ts';
import { casesFor, readVectors, type RunnableCase } from './watcher/vectors.ts';
import { RUNTIMES_DIR, WatcherProcess } from './watcher/watcher-process.ts';

const languages = readdirSync(RUNTIMES_DIR).filter((name) => existsSync(join(RUNTIMES_DIR, name, 'start.json'))) as Runtime[];
const vectors = readVectors();

beforeAll(async () => {
  await installFixtureDependencies(languages);
  buildFixtures(languages);
});

describe.each(languages)('the %s watcher', (language) => {
  test.concurrent.each(casesFor(language, vectors))('$title', async (vector) => {
    await runCase(language, vector);
  });
});

async function runCase(language: Runtime, vector: RunnableCase): Promise<void> {
  const watcher = new WatcherProcess(language);
  const { fixture, signature, load } = vector;
  const runner = new StepRunner(watcher, { language, fixture, signature, load: load ?? {} });
  try {
    await watcher.start(withScratch(vector.environment, watcher.scratch));
    if (load !== null) await runner.run({ specialize: {}, expect: { status: 200 } });
    for (const step of vector.steps) await runner.run(step);
  } finally {
    runner.close();
    expect(await watcher.close(), 'processes left behind').toEqual([]);
  }
  expect(
    watcher.records().filter(({ time, level, msg }) => ![time, level, msg].every((field) => typeof field === 'string')),
    'W1.3: every line has time, level and msg',
  ).toEqual([]);
}

function withScratch(environment: RunnableCase['environment'], scratch: string): RunnableCase['environment'] & {} {
  return Object.fromEntries(Object.entries(environment ?? {}).map(([name, value]) => [name, value?.replaceAll('{{scratch}}', scratch) ?? null]));
}
