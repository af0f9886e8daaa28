import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { renderTable } from '../../cli/table.ts';
import type { Measure } from './measure.ts';

const ENDING = '.bench.ts';

interface BenchModule {
  run(): Promise<Measure[]>;
}

export interface BenchesOptions {
  /** Of `<name>.bench.ts`. */
  readonly folder: string;
  /** `[--json] [name…]`; without a name, all. */
  readonly args: readonly string[];
  /** Once, before the first bench, and not where there is nothing to run. */
  readonly before?: () => Promise<void>;
}

/** Runs benches one after the other and shows their measures. @returns the exit code: 0 only if every measure is within its budget, 2 where a name is none */
export async function runBenches({ folder, args, before }: BenchesOptions): Promise<number> {
  const json = args.includes('--json');
  const wanted = args.filter((arg) => !arg.startsWith('--'));
  const files = (await readdir(folder)).filter((name) => name.endsWith(ENDING)).sort();
  const names = files.map((file) => file.slice(0, -ENDING.length));
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    process.stderr.write(`there is no bench ${unknown.join(', ')}; there is ${names.join(', ')}\n`);
    return 2;
  }
  await before?.();
  const measures: Measure[] = [];
  for (const name of names.filter((known) => wanted.length === 0 || wanted.includes(known))) {
    process.stderr.write(`… ${name}\n`);
    for (const measure of await measuresOf(folder, name)) {
      measures.push(measure);
      if (json) process.stdout.write(`${JSON.stringify(measure)}\n`);
    }
  }
  if (!json) process.stdout.write(`${renderTable([['MEASURE', 'VALUE', 'BUDGET', ''], ...measures.map(row)])}\n`);
  return measures.every(({ ok }) => ok) ? 0 : 1;
}

/** A bench that breaks is a measure that is not ok; the others still run. */
async function measuresOf(folder: string, name: string): Promise<Measure[]> {
  try {
    const { run } = (await import(pathToFileURL(join(folder, `${name}${ENDING}`)).href)) as BenchModule;
    return await run();
  } catch (error) {
    process.stderr.write(`${String((error as Error).stack ?? error)}\n`);
    return [{ name, value: 0, unit: '', budget: 0, ok: false, reason: `it broke: ${(error as Error).message}` }];
  }
}

function row({ name, value, unit, budget, ok, reason }: Measure): string[] {
  return [name, `${value} ${unit}`, `${budget} ${unit}`, ok ? '✓' : `✗ ${reason ?? 'over budget'}`];
}
