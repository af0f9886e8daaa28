import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../protocol/errors.ts';
import { backoffMs } from './backoff.ts';
import type { Guard } from './fleet/local-guard.ts';
import { killGroup, type ProcessRegister } from './fleet/local-leftovers.ts';
import { createInstanceLog } from './fleet/local-log.ts';
import type { Log } from './log.ts';

export interface DaemonOptions {
  /** For messages and the register: `prometheus`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** @default that of this process */
  readonly env?: Readonly<Record<string, string>>;
  /** Its output; the part before the last 4 MiB is in `<logFile>.1`. */
  readonly logFile: string;
  /** Answers 2xx once it is ready. */
  readonly readyUrl: string;
  /** Default 20 s. */
  readonly startTimeoutMs?: number;
  readonly guard: Guard;
  readonly register: ProcessRegister;
  readonly log: Log;
}

export interface Daemon {
  /** SIGTERM, after 5 s SIGKILL; resolves when it is gone. */
  close(): Promise<void>;
}

const GRACE_MS = 5000;
const RESTART = { firstMs: 500, maxMs: 15_000 };
/** One that ran for this long starts anew without a wait. */
const STABLE_MS = 60_000;

/** Starts a program of others as a child, waits until it is ready, and starts it again when it ends. @throws PlatformError INTERNAL with the end of its output, if it does not come up */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { name, log } = options;
  const abort = new AbortController();
  let child = launch(options);
  try {
    await waitReady(options, child);
  } catch (error) {
    await end(child.process, options);
    throw error;
  }
  const keepRunning = async () => {
    for (let failures = 0; !abort.signal.aborted;) {
      const startedAt = Date.now();
      const reason = await child.gone;
      await options.register.remove(name);
      if (abort.signal.aborted) return;
      failures = Date.now() - startedAt > STABLE_MS ? 1 : failures + 1;
      const retryMs = backoffMs(failures, RESTART);
      log.warn('daemon ended', { daemon: name, reason, retryMs });
      await sleep(retryMs, undefined, { signal: abort.signal }).catch(() => undefined);
      if (!abort.signal.aborted) child = launch(options);
    }
  };
  const running = keepRunning();
  return {
    async close() {
      abort.abort();
      await end(child.process, options);
      await running;
    },
  };
}

interface Launched {
  readonly process: ChildProcess;
  /** With the last line that it wrote. */
  readonly gone: Promise<string>;
}

function launch({ name, command, args, cwd, env, logFile, guard, register }: DaemonOptions): Launched {
  const child = guard.spawn(command, args, { cwd, env: env ?? process.env });
  if (child.pid !== undefined) void register.add(name, child.pid);
  const lastLine = capture([child.stdout, child.stderr], logFile);
  const gone = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`${command} could not be started: ${error.message}`));
    child.once('close', (code, signal) => {
      const line = lastLine();
      resolve(`${signal ? `it was ended by ${signal}` : `it exited with code ${code}`}${line ? `: ${line}` : ''}`);
    });
  });
  return { process: child, gone };
}

/** Copies output to the log; returns the last line of it, at most 500 characters. */
function capture(streams: readonly Readable[], logFile: string): () => string {
  const log = createInstanceLog(logFile);
  let text = '';
  const read = async (stream: Readable) => {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      text = (text + chunk.toString('utf8')).slice(-4096);
      await log.write(chunk);
    }
  };
  void Promise.allSettled(streams.map(read)).then(() => log.close());
  return () => text.trimEnd().split('\n').at(-1)?.slice(-500) ?? '';
}

async function waitReady({ name, readyUrl, logFile, startTimeoutMs = 20_000 }: DaemonOptions, { gone }: Launched): Promise<void> {
  const fail = (reason: string) => new PlatformError('INTERNAL', `${name} did not start: ${reason}`, { details: { logFile } });
  const abort = new AbortController();
  const answers = async () => {
    for (const deadline = Date.now() + startTimeoutMs; !abort.signal.aborted; await sleep(50)) {
      if (Date.now() > deadline) throw fail(`it was not ready within ${startTimeoutMs} ms; its output is in ${logFile}`);
      const response = await fetch(readyUrl, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
      await response?.body?.cancel();
      if (response?.ok) return;
    }
  };
  const ended = gone.then((reason) => Promise.reject(fail(reason)));
  try {
    await Promise.race([ended, answers()]);
  } finally {
    abort.abort();
  }
}

async function end(child: ChildProcess, { name, register }: DaemonOptions): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const { pid } = child;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  killGroup(pid, 'SIGTERM');
  const timer = setTimeout(() => killGroup(pid, 'SIGKILL'), GRACE_MS);
  await gone;
  clearTimeout(timer);
  await register.remove(name);
}
