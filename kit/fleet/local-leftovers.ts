import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { removeContainer } from './local-container-program.ts';

/** Process groups that were started here, on disk, so that the next run can end what a killed one left behind. */
export interface ProcessRegister {
  /** `program`: what runs it as a container of that name, which does not end with its process. */
  add(id: string, pid: number, program?: string): Promise<void>;
  remove(id: string): Promise<void>;
}

interface Entry {
  readonly pid: number;
  /** When the system says that the process started: a reused pid has another one. */
  readonly startTime: string;
  readonly container?: { readonly name: string; readonly program: string };
}

/** Ends the process groups that a former run registered in `dir` and that still run; resolves with their number. */
export async function endLeftovers(dir: string): Promise<number> {
  await mkdir(dir, { recursive: true });
  const ended = await Promise.all((await readdir(dir)).map((file) => endLeftover(join(dir, file))));
  return ended.filter(Boolean).length;
}

export function createProcessRegister(dir: string): ProcessRegister {
  const file = (id: string) => join(dir, `${id}.json`);
  return {
    async add(id, pid, program) {
      const startTime = await startTimeOf(pid);
      const entry = startTime && ({ pid, startTime, ...(program !== undefined && { container: { name: id, program } }) } satisfies Entry);
      if (entry) await writeFile(file(id), JSON.stringify(entry), { mode: 0o600 });
    },
    remove: (id) => rm(file(id), { force: true }),
  };
}

/** Ends a process group; false if there is none. */
export function killGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

async function endLeftover(file: string): Promise<boolean> {
  const entry = await readFile(file, 'utf8')
    .then((text) => JSON.parse(text) as Entry)
    .catch(() => undefined);
  await rm(file, { force: true });
  if (entry?.container) await removeContainer(entry.container.program, entry.container.name);
  if (!entry || (await startTimeOf(entry.pid)) !== entry.startTime) return false;
  return killGroup(entry.pid, 'SIGKILL');
}

/** Linux tells it in `/proc/<pid>/stat`, field 22 (proc(5)); elsewhere `ps` does. */
export async function startTimeOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[19];
  }
  const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim() || undefined;
}
