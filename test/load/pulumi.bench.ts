import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Measure } from './measure.ts';
import { quantile } from './quantile.ts';

const BUDGET_SECONDS = 5;
const RUNS = 3;

/** A platform with its functions, some 300 objects together, previewed with no cluster and no state. */
export async function run(): Promise<Measure[]> {
  const seconds: number[] = [];
  let objects = 0;
  for (let index = 0; index < RUNS; index++) {
    const figures = await preview();
    objects = figures.objects;
    seconds.push(figures.cpuSeconds);
  }
  const value = Math.round(quantile(seconds, 0.5) * 100) / 100;
  const name = `pulumi preview of a platform, ${objects} objects, CPU of program and engine, p50`;
  return [{ name, value, unit: 's', budget: BUDGET_SECONDS, ok: value <= BUDGET_SECONDS }];
}

async function preview(): Promise<{ readonly objects: number; readonly cpuSeconds: number }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./pulumi-child.ts', import.meta.url))], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return JSON.parse(output) as { objects: number; cpuSeconds: number };
}
