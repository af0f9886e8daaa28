import { readdir } from 'node:fs/promises';
import { renderTable } from '../../cli/table.ts';
import type { Measure } from './measure.ts';

const ENDING = '.bench.ts';

interface BenchModule {
  run(): Promise<Measure[]>;
}

/** `npm run bench [-- --json] [-- name…]`: runs test/load/<name>.bench.ts one after the other; exit code 0 only if every measure is within its budget. */
async function main(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  const wanted = args.filter((arg) => !arg.startsWith('--'));
  const files = (await readdir(import.meta.dirname)).filter((name) => name.endsWith(ENDING)).sort();
  const names = files.map((file) => file.slice(0, -ENDING.length));
  const unknown = wanted.filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    process.stderr.write(`there is no bench ${unknown.join(', ')}; there is ${names.join(', ')}\n`);
    return 2;
  }
  const measures: Measure[] = [];
  for (const name of names.filter((known) => wanted.length === 0 || wanted.includes(known))) {
    process.stderr.write(`… ${name}\n`);
    for (const measure of await measuresOf(name)) {
      measures.push(measure);
      if (json) process.stdout.write(`${JSON.stringify(measure)}\n`);
    }
  }
  if (!json) process.stdout.write(`${renderTable([['MEASURE', 'VALUE', 'BUDGET', ''], ...measures.map(row)])}\n`);
  return measures.every(({ ok }) => ok) ? 0 : 1;
}

/** A bench that breaks is a measure that is not ok; the others still run. */
async function measuresOf(name: string): Promise<Measure[]> {
  try {
    const { run } = (await import(new URL(`./${name}${ENDING}`, import.meta.url).href)) as BenchModule;
    return await run();
  } catch (error) {
    process.stderr.write(`${String((error as Error).stack ?? error)}\n`);
    return [{ name, value: 0, unit: '', budget: 0, ok: false, reason: `it broke: ${(error as Error).message}` }];
  }
}

function row({ name, value, unit, budget, ok, reason }: Measure): string[] {
  return [name, `${value} ${unit}`, `${budget} ${unit}`, ok ? '✓' : `✗ ${reason ?? 'over budget'}`];
}

// A bench may leave timers or sockets behind; what was measured is printed.
process.exit(await main(process.argv.slice(2)));
