import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A process of the platform under test. */
export interface TestProcess {
  readonly pid: number;
  /** Fields of its `listening` line. */
  readonly listening: Readonly<Record<string, unknown>>;
  /** Its log lines so far, parsed; lines that are not JSON have only `msg`. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** SIGTERM, and SIGKILL after 10 s. Resolves with the exit code, or null after a signal. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

const START_TIMEOUT_MS = 30_000;

export interface ProcessOptions {
  /** Program and arguments that stand before the entry. @default Node */
  readonly through?: readonly [string, ...string[]];
  /** @default 30 s */
  readonly timeoutMs?: number;
}

/** Starts an entry file and waits for its `listening` log line. @throws Error with the last lines if it ends before */
export async function startProcess(entry: URL, env: Readonly<Record<string, string>>, options: ProcessOptions = {}): Promise<TestProcess> {
  const { through: [program, ...args] = [process.execPath], timeoutMs = START_TIMEOUT_MS } = options;
  const { PATH = '', HOME = '', TMPDIR = '' } = process.env;
  const child = spawn(program, [...args, entry.pathname], { env: { PATH, HOME, ...(TMPDIR && { TMPDIR }), ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: Record<string, unknown>[] = [];
  let timer: NodeJS.Timeout | undefined;
  const listening = await new Promise<Record<string, unknown>>((resolve, reject) => {
    const onLine = (text: string) => {
      const line = parseLine(text);
      lines.push(line);
      if (line['msg'] === 'listening') resolve(line);
    };
    createInterface(child.stdout).on('line', onLine);
    createInterface(child.stderr).on('line', onLine);
    child.once('error', reject);
    timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(
        new Error(
          `${entry.pathname} did not listen within ${timeoutMs} ms:\n${lines
            .slice(-5)
            .map((line) => JSON.stringify(line))
            .join('\n')}`,
        ),
      );
    }, timeoutMs);
    child.once('exit', (code, signal) =>
      reject(
        new Error(
          `${entry.pathname} ended (${signal ?? code}) before it listened:\n${lines
            .slice(-5)
            .map((line) => JSON.stringify(line))
            .join('\n')}`,
        ),
      ),
    );
  }).finally(() => clearTimeout(timer));
  return {
    pid: child.pid ?? 0,
    listening,
    lines,
    async stop() {
      if (!running(child)) return child.exitCode;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      const [code] = (await ended) as [number | null];
      clearTimeout(timer);
      return code;
    },
    async kill() {
      if (!running(child)) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function running(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function parseLine(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return { msg: text };
  }
}
