import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A server of a language with nothing of ours, in a process of its own. */
export interface BareServer {
  readonly pid: number;
  readonly url: string;
  /** From the start of the process until it listens. */
  readonly startMs: number;
  close(): Promise<void>;
}

/** Starts a program that prints its port once it listens. */
export async function startBareServer([program = '', ...args]: readonly string[]): Promise<BareServer> {
  const begun = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [port] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    ended.then(([code]) => Promise.reject(new Error(`${program} ${args.join(' ')} ended with ${code} before it listened`))),
  ])) as [string];
  return {
    pid: child.pid as number,
    url: `http://127.0.0.1:${port}`,
    startMs: performance.now() - begun,
    async close() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
