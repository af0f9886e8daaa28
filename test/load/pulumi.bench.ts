import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Measure } from './measure.ts';

const BUDGET_SECONDS = 5;

/** A platform with its functions, some 300 objects together, previewed with no cluster and no state. */
export async function run(): Promise<Measure[]> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./pulumi-child.ts', import.meta.url))], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  const { objects, cpuSeconds } = JSON.parse(output) as { objects: number; cpuSeconds: number };
  const value = Math.round(cpuSeconds * 100) / 100;
  return [
    {
      name: `pulumi preview of a platform, ${objects} objects, CPU of program and engine`,
      value,
      unit: 's',
      budget: BUDGET_SECONDS,
      ok: value <= BUDGET_SECONDS,
    },
  ];
}
