import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

interface Entry {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** A process and all that descend from it. */
export async function familyOf(pid: number): Promise<number[]> {
  const all = await listProcesses();
  const family = [pid];
  for (const member of family) family.push(...all.filter(({ parent }) => parent === member).map((child) => child.pid));
  return family;
}

/** Those that still run. */
export async function stillRunning(pids: readonly number[]): Promise<string[]> {
  return (await listProcesses()).filter(({ pid }) => pids.includes(pid)).map(({ pid, command }) => `${pid} ${command}`);
}

/** Waits until none of them runs, and gives those that do after all. */
export async function waitForEnd(pids: readonly number[], timeoutMs: number): Promise<string[]> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const left = await stillRunning(pids);
    if (left.length === 0 || Date.now() > deadline) return left;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Without those that have ended and wait to be reaped. A small Linux has no `ps`. */
async function listProcesses(): Promise<Entry[]> {
  if (process.platform !== 'linux') {
    const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,state=,args=']);
    return stdout.split('\n').flatMap((line) => {
      const match = /^\s*(\d+)\s+(\d+)\s+([^Z\s]\S*)\s+(.*)$/.exec(line);
      return match ? [{ pid: Number(match[1]), parent: Number(match[2]), command: match[4] ?? '' }] : [];
    });
  }
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const entries = await Promise.all(pids.map(readProcess));
  return entries.filter((entry) => entry !== undefined);
}

async function readProcess(pid: string): Promise<Entry | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (stat === '' || state === 'Z' || state === 'X') return undefined;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return { pid: Number(pid), parent: Number(parent), command: command.replaceAll('\0', ' ') };
}
