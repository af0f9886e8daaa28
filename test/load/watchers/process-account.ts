import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** `USER_HZ`: the unit of the times in /proc, on every Linux. */
const TICKS_PER_SECOND = 100;

/** Of util-linux: starts a program on given processors, or moves one there. */
export const TASKSET = 'taskset';

/** What a process and all that it has started have used. */
export interface ProcessAccount {
  /** User and system time so far; of those that still run. */
  readonly cpuSeconds: number;
  /** Proportional set size: a page that several of them share counts once. */
  readonly memoryBytes: number;
}

export function accountOf(root: number): ProcessAccount {
  const all = familyOf(root);
  return { cpuSeconds: sum(all.map(cpuSeconds)), memoryBytes: sum(all.map(memoryBytes)) };
}

/** Keeps a process and all that it has started on the first processor. What they start later stays there too. */
export function pin(root: number): void {
  for (const pid of familyOf(root)) execFileSync(TASKSET, ['-a', '-c', '-p', '0', String(pid)], { stdio: 'ignore' });
}

function familyOf(root: number): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        const parent = statOf(Number(name))?.[1];
        return parent === undefined ? [] : [[Number(name), Number(parent)] as const];
      }),
  );
  const family = [root];
  for (const at of family) for (const [pid, parent] of parents) if (parent === at) family.push(pid);
  return family;
}

function cpuSeconds(pid: number): number {
  const stat = statOf(pid);
  return (Number(stat?.[11] ?? 0) + Number(stat?.[12] ?? 0)) / TICKS_PER_SECOND;
}

function memoryBytes(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(readProc(pid, 'smaps_rollup') ?? '')?.[1] ?? 0) * 1024;
}

/** What stands in /proc/<pid>/stat behind the program's name: state, parent, … */
function statOf(pid: number): string[] | undefined {
  return readProc(pid, 'stat')
    ?.replace(/^.*\) /s, '')
    .trim()
    .split(' ');
}

/** Undefined where the process has ended. */
function readProc(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return undefined;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
