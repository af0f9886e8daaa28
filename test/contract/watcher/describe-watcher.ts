import { beforeAll, describe, expect, test } from 'vitest';
import type { Runtime } from '../../../protocol/schema/fields.ts';
import { buildFixtures } from './fixture-builds.ts';
import { installFixtureDependencies } from './fixture-dependencies.ts';
import { StepRunner } from './steps.ts';
import { casesFor, readVectors, type RunnableCase } from './vectors.ts';
import { WatcherProcess } from './watcher-process.ts';

/** Runs the vectors of protocol/vectors against a language's watcher. */
export function describeWatcher(language: Runtime): void {
  beforeAll(async () => {
    await installFixtureDependencies([language]);
    buildFixtures([language]);
  });

  describe(`the ${language} watcher`, () => {
    test.concurrent.each(casesFor(language, readVectors()))('$title', async (vector) => {
      await runCase(language, vector);
    });
  });
}

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
