import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { startProcess, type TestProcess } from '../../../contract/platform/process.ts';
import { createCgroup, removeCgroup } from '../../../cluster/machine/cgroups.ts';

const ROOT = new URL('../../../../', import.meta.url);
/** What the Platform gives a gateway and a scaler. */
const MEMORY_BYTES = 512 * 1024 * 1024;

/** On a machine that does other things too. */
const START_MS = 120_000;

/** Runs programs of images as their pods do: with the flags and variables of the image, and with the pod's limit of memory, by which Node.js sizes its heap. */
export interface LikePods {
  start(name: 'gateway' | 'scaler', env: Readonly<Record<string, string>>): Promise<TestProcess>;
  /** Of what was started. */
  close(): Promise<void>;
}

export function createLikePods(prefix: string): LikePods {
  const running: TestProcess[] = [];
  const groups = new Set<string>();
  return {
    async start(name, env) {
      const group = `${prefix}-${name}`;
      groups.add(group);
      const enter = `echo $$ > ${limitMemory(group)} && exec "$@"`;
      const started = await startProcess(
        new URL(`dist/${name}/main.js`, ROOT),
        { ...variablesOf(name), ...env },
        {
          through: ['sh', '-c', enter, 'sh', process.execPath, ...flagsOf(name)],
          timeoutMs: START_MS,
        },
      );
      running.push(started);
      return started;
    },
    async close() {
      await Promise.all(running.map((process) => process.stop()));
      for (const group of groups) await removeCgroup(group);
    },
  };
}

/** Of the allocator, which is the system's. */
function variablesOf(name: string): Record<string, string> {
  const lines = instructionsOf(name, 'ENV').flatMap((line) => line.split(' '));
  return Object.fromEntries(lines.map((pair) => pair.split('=') as [string, string]).filter(([variable]) => variable.startsWith('MALLOC_')));
}

function instructionsOf(name: string, instruction: string): string[] {
  const lines = readFileSync(new URL(`${name}/Containerfile`, ROOT), 'utf8').split('\n');
  return lines.flatMap((line) => (line.startsWith(`${instruction} `) ? [line.slice(instruction.length + 1)] : []));
}

/** Between the program and its entry. */
function flagsOf(name: string): string[] {
  const entrypoint = instructionsOf(name, 'ENTRYPOINT').at(-1) ?? '[]';
  return (JSON.parse(entrypoint) as string[]).slice(1, -1);
}

/** @returns the file that a process enters the group by */
function limitMemory(group: string): string {
  createCgroup(group);
  for (const [folder, file] of [
    [`/sys/fs/cgroup/memory/${group}`, 'memory.limit_in_bytes'],
    [`/sys/fs/cgroup/${group}`, 'memory.max'],
  ] as const) {
    if (!existsSync(`${folder}/${file}`)) continue;
    writeFileSync(`${folder}/${file}`, String(MEMORY_BYTES));
    return `${folder}/cgroup.procs`;
  }
  throw new Error('memory cannot be limited here: this machine has no cgroup for it');
}
