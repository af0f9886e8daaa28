import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Folders } from './folders.ts';

/** A long-lived process of the cluster. */
export interface Program {
  /** Names its files below `run` and `log`. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** The process to note is the child that `file` starts in other namespaces. */
  readonly forks?: boolean;
}

interface ProcessRecord {
  readonly program: Program;
  readonly pid: number;
  /** Clock ticks from the start of the machine: tells the process from a later one of the same number. */
  readonly startTime: string;
}

/** Starts a program that outlives us, unless it runs. @returns its number */
export async function ensureProcess(folders: Folders, program: Program): Promise<number> {
  const running = runningPid(folders, program.name);
  if (running !== undefined) return running;
  for (const folder of [folders.run, folders.log]) mkdirSync(folder, { recursive: true });
  const log = openSync(join(folders.log, `${program.name}.log`), 'a');
  const child = spawn(program.file, program.args, {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    env: { ...process.env, ...program.env },
  });
  closeSync(log);
  const started = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('spawn', () => resolve(child.pid ?? 0));
  });
  child.unref();
  const pid = program.forks === true ? await onlyChild(started, program.name) : started;
  const startTime = readStartTime(pid);
  if (startTime === undefined) throw new Error(`${program.name} ended at once; see ${join(folders.log, `${program.name}.log`)}`);
  writeFileSync(recordFile(folders, program.name), JSON.stringify({ program, pid, startTime } satisfies ProcessRecord));
  return pid;
}

/** The number of a process that we started and that is still the same one. */
export function runningPid(folders: Folders, name: string): number | undefined {
  const record = readRecord(recordFile(folders, name));
  return record && readStartTime(record.pid) === record.startTime ? record.pid : undefined;
}

/** Names of all processes that were started and not stopped, also of those that have died. */
export function recordedProcesses(folders: Folders): string[] {
  try {
    return readdirSync(folders.run).flatMap((file) => (file.endsWith('.pid') ? [basename(file, '.pid')] : []));
  } catch {
    return [];
  }
}

/** Starts a process again as it was started before. @throws Error where none of this name was */
export async function resumeProcess(folders: Folders, name: string): Promise<void> {
  const record = readRecord(recordFile(folders, name));
  if (!record) throw new Error(`the cluster has no process "${name}"; it has ${recordedProcesses(folders).join(', ')}`);
  await ensureProcess(folders, record.program);
}

/** As if what has ended had never been started. */
export function forgetEnded(folders: Folders): void {
  for (const name of recordedProcesses(folders)) if (runningPid(folders, name) === undefined) rmSync(recordFile(folders, name), { force: true });
}

/** Ends a process and resolves when it is gone; SIGKILL after `graceMs`. One that does not run is fine. {@link resumeProcess} starts it again. */
export async function stopProcess(folders: Folders, name: string, signal: NodeJS.Signals = 'SIGTERM', graceMs = 10_000): Promise<void> {
  const pid = runningPid(folders, name);
  if (pid !== undefined) {
    process.kill(pid, signal);
    const deadline = Date.now() + graceMs;
    let killed = false;
    while (runningPid(folders, name) !== undefined) {
      if (!killed && Date.now() > deadline) {
        process.kill(pid, 'SIGKILL');
        killed = true;
      }
      await sleep(20);
    }
  }
}

function recordFile(folders: Folders, name: string): string {
  return join(folders.run, `${name}.pid`);
}

function readRecord(file: string): ProcessRecord | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessRecord;
  } catch {
    return undefined;
  }
}

/** Undefined for what has ended, also while its parent has not asked for its exit code. */
function readStartTime(pid: number): string | undefined {
  const fields = statFields(pid);
  return fields && fields[0] !== 'Z' && fields[0] !== 'X' ? fields[19] : undefined;
}

/** Fields of /proc/<pid>/stat from the third on: the second, the name, may hold blanks. */
function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

async function onlyChild(parent: number, name: string): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const found = readdirSync('/proc').find((entry) => /^\d+$/.test(entry) && statFields(Number(entry))?.[1] === String(parent));
    if (found !== undefined) return Number(found);
    await sleep(10);
  }
  throw new Error(`${name} started nothing; see its log`);
}
