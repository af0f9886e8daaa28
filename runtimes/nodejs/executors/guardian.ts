import { spawn } from 'node:child_process';

/** Ends executors when the supervisor is killed so hard that it cannot (W9.2), even those whose user code blocks. */
export interface Guardian {
  watch(pid: number): void;
  forget(pid: number): void;
  close(): Promise<void>;
}

/**
 * A shell that reads `+ pid` and `- pid`; at the end of its input, which the kernel closes with us, it kills what is left: whole process groups.
 * Signals that a terminal sends to everybody must not end it before.
 */
const SCRIPT = `
trap '' INT TERM HUP
pids=' '
while read -r op pid; do
  case $op in
    +) pids="$pids$pid " ;;
    -) case $pids in *" $pid "*) pids="\${pids%% $pid *} \${pids#* $pid }" ;; esac ;;
  esac
done
for pid in $pids; do kill -9 "-$pid" 2>/dev/null; done
`;

/** Where the supervisor is process 1 of a container the kernel does the same, and no guardian is started. */
export function createGuardian(onMissing: (reason: string) => void): Guardian {
  if (process.pid === 1) return { watch: () => undefined, forget: () => undefined, close: async () => undefined };
  const shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], env: {} });
  const exited = new Promise<void>((resolve) => {
    shell.once('error', (error) => {
      onMissing(error.message);
      resolve();
    });
    shell.once('exit', () => resolve());
  });
  shell.stdin.on('error', () => undefined);
  shell.unref();
  return {
    watch: (pid) => void shell.stdin.write(`+ ${pid}\n`),
    forget: (pid) => void shell.stdin.write(`- ${pid}\n`),
    async close() {
      shell.stdin.end();
      await exited;
    },
  };
}
