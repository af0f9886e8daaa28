import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { PlatformError } from '../../protocol/errors.ts';

/** Programs that run containers, in the order in which they are tried; both take the same words. */
const PROGRAMS = ['docker', 'podman'] as const;
const INFO_TIMEOUT_MS = 10_000;
const REMOVE_TIMEOUT_MS = 10_000;
const KEPT = /^(PATH|HOME|LANG|TZ|TMPDIR|XDG_.+|DOCKER_.+|CONTAINERS?_.+)$/;

/** Who runs containers here. */
export interface ContainerPrograms {
  /** The first of docker and podman whose `info` succeeds, which that of a client without its daemon does not; looked for again until there is one. @throws PlatformError RUNTIME_UNAVAILABLE */
  find(): Promise<string>;
  /** Why there was none at the last look, with the way out. */
  readonly problem: string | undefined;
}

export function createContainerPrograms(): ContainerPrograms {
  let found: string | undefined;
  let problem: string | undefined;
  const look = async () => {
    const answers: string[] = [];
    for (const program of PROGRAMS) {
      try {
        await promisify(execFile)(program, ['info'], { env: clientEnv(), timeout: INFO_TIMEOUT_MS });
        problem = undefined;
        return program;
      } catch (error) {
        answers.push(`${program}: ${describe(error as ProgramError)}`);
      }
    }
    problem = `no program that runs containers works here (${answers.join('; ')}): start Docker, or install one: sudo apt-get install --no-install-recommends podman`;
    throw new PlatformError('RUNTIME_UNAVAILABLE', problem);
  };
  return {
    find: async () => (found ??= await look()),
    get problem() {
      return problem;
    },
  };
}

/** Ends a container at once, and all that is kept of it. One that is not there, or a program that is gone, is no error: nothing more can be done. */
export async function removeContainer(program: string, name: string): Promise<void> {
  await promisify(execFile)(program, ['rm', '--force', name], { env: clientEnv(), timeout: REMOVE_TIMEOUT_MS }).catch(() => undefined);
}

/** Of this process's environment what the programs need to find themselves and their daemon. */
export function clientEnv(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => KEPT.test(name));
  return Object.fromEntries(kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

interface ProgramError extends Error {
  readonly code?: string | number;
  readonly stderr?: string;
}

function describe({ code, stderr = '', message }: ProgramError): string {
  if (code === 'ENOENT') return 'not installed';
  const lines = stderr.trim().split('\n');
  return (lines.at(-1) || message).slice(0, 200);
}
