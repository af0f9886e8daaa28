import { spawn } from 'node:child_process';

/** Ends the registered process groups when this process is gone, however it ended. */
export interface Guard {
  add(pid: number): void;
  remove(pid: number): void;
  /** Ends the guard without ending the groups. */
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

export function createGuard(): Guard {
  const shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, env: {} });
  const ended = new Promise<void>((resolve) => {
    shell.once('exit', () => resolve());
    shell.once('error', () => resolve());
  });
  shell.stdin.on('error', () => undefined);
  shell.unref();
  return {
    add: (pid) => void shell.stdin.write(`+ ${pid}\n`),
    remove: (pid) => void shell.stdin.write(`- ${pid}\n`),
    async close() {
      shell.ref();
      shell.stdin.end('q\n');
      await ended;
    },
  };
}
