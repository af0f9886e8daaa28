import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

export type GuardedProcess = ChildProcessByStdio<null, Readable, Readable>;

export interface GuardedOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Ends the process groups that it started when this process is gone, however it ended. */
export interface Guard {
  /** Starts a program in a process group of its own, with piped output. A program that does not exist exits with code 127. */
  spawn(command: string, args: readonly string[], options: GuardedOptions): GuardedProcess;
  /** Ends the guard without ending the groups; nothing can be started through it any more. */
  close(): Promise<void>;
}

/**
 * A shell that reads `+ <pid>` and `- <pid>` lines and at end of file, which the kernel sends even after SIGKILL, ends every group that is left.
 * It is in a session of its own, so that Ctrl-C in the terminal does not reach it first.
 */
const SCRIPT = `
pids=' '
while read -r sign pid; do
  case $sign in
    +) pids="$pids$pid " ;;
    -) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
    q) exit 0 ;;
  esac
done
for pid in $pids; do kill -s KILL -- "-$pid" 2>/dev/null; done
`;

/** Registers itself and becomes the program: between its first moment and the guard's knowledge of it there is no gap in which we could be killed. */
const REGISTER = 'echo "+ $$" >&3 && exec "$@" 3>&-';

export function createGuard(): Guard {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, env: {} });
  const ended = new Promise<void>((resolve) => {
    shell.once('exit', () => resolve());
    shell.once('error', () => resolve());
  });
  shell.stdin.on('error', () => undefined);
  shell.unref();
  return {
    spawn(command, args, options) {
      const stdio = ['ignore', 'pipe', 'pipe', shell.stdin] as const;
      const child = spawn('/bin/sh', ['-c', REGISTER, 'sh', command, ...args], { ...options, stdio: [...stdio], detached: true });
      child.once('exit', () => void shell.stdin.write(`- ${child.pid}\n`));
      return child as unknown as GuardedProcess;
    },
    async close() {
      shell.ref();
      shell.stdin.end('q\n');
      await ended;
    },
  };
}
