import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A process that does what it is called to. */
export interface Party {
  call<T>(name: string, ...args: unknown[]): Promise<T>;
  close(): Promise<void>;
}

export function startParty(env: Record<string, string> = {}): Party {
  const child = fork(fileURLToPath(new URL('./child.ts', import.meta.url)), { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let last = 0;
  child.on('message', ({ id, result, error }: { id: number; result?: unknown; error?: string }) => {
    const entry = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) entry?.resolve(result);
    else entry?.reject(new Error(error));
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void gone.then(() => waiting.forEach((entry) => entry.reject(new Error('the process ended'))));
  return {
    call<T>(call: string, ...args: unknown[]) {
      const id = ++last;
      const entry = Promise.withResolvers<unknown>();
      waiting.set(id, entry);
      child.send({ id, call, args });
      return entry.promise as Promise<T>;
    },
    async close() {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
