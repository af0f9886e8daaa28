import { execFile } from 'node:child_process';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { compileGo, FIXTURES } from './compile-go.ts';
import { TASKSET } from './process-account.ts';

export interface LoadResult {
  readonly requests: number;
  /** Answered by anything but 200. */
  readonly failed: number;
  /** Connections that the server closed before an answer. */
  readonly closed: number;
  readonly seconds: number;
}

/** As many requests as come through, for a time. */
export type LoadClient = (url: string, connections: number, durationMs: number) => Promise<LoadResult>;

const run = promisify(execFile);

/** A client on the last processor. It is in Go: one in JavaScript costs more a request than the servers of two languages, and is what would be measured. */
export function createLoadClient(folder: string): LoadClient {
  const program = compileGo(join(FIXTURES, 'load'), folder);
  return async (url, connections, durationMs) => {
    const { stdout } = await run(TASKSET, ['-c', String(cpus().length - 1), program, new URL(url).host, String(connections), String(durationMs)]);
    return JSON.parse(stdout) as LoadResult;
  };
}
