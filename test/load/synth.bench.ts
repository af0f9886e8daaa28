import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { editLatencies } from './edit-latency.ts';
import type { Measure } from './measure.ts';
import { quantile } from './quantile.ts';

/** What the child process of this file prints. */
interface Figures {
  readonly synthSeconds: number;
  readonly writeSeconds: number;
  readonly againSeconds: number;
  readonly againWritten: number;
  readonly peakMebibytes: number;
  readonly objectsOfOne: readonly string[];
}

/** 10,000 functions in 10,000 charts, each with its code and an HTTP trigger: synthesized and written by a process of its own, so that its memory is that of nothing else. */
export async function run(): Promise<Measure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fib-synth-'));
  try {
    const figures = await runChild(folder);
    const edits = await editLatencies(100, 7);
    return [
      measure(`synth of 10,000 functions (objects of one: ${figures.objectsOfOne.join(', ')})`, figures.synthSeconds, 's', 10),
      measure('synth and write of 10,000 functions', figures.synthSeconds + figures.writeSeconds, 's', 20),
      measure('synth and write again, nothing changed', figures.synthSeconds + figures.againSeconds, 's', 20),
      measure('files written again, nothing changed', figures.againWritten, 'files', 0),
      measure('peak memory of that process', figures.peakMebibytes, 'MiB', 450),
      measure('100 functions in a warm process, after an edit, p50', quantile(edits, 0.5), 'ms', 300),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measure(name: string, value: number, unit: string, budget: number): Measure {
  return { name, value: Math.round(value * 1000) / 1000, unit, budget, ok: value <= budget };
}

async function runChild(folder: string): Promise<Figures> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./synth-child.ts', import.meta.url)), folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return JSON.parse(output) as Figures;
}
