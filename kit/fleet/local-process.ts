import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Guard } from './local-guard.ts';
import type { InstanceLog } from './local-log.ts';
import { killGroup } from './local-leftovers.ts';
import { awaitPort } from './local-port.ts';

export interface Listening {
  readonly dataPort: number;
  /** Of a watcher. */
  readonly controlPort?: number;
}

export interface InstanceProcessOptions {
  readonly guard: Guard;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly log: InstanceLog;
  /** A watcher says that it listens (watcher.md W1.2); what is no watcher does once this port takes connections. */
  readonly port?: number;
  /** What does not listen for this long is killed. */
  readonly startTimeoutMs: number;
  onListening(listening: Listening): void;
  /** Once, when it is gone or could not be started; nothing of its process group is left. */
  onExit(reason: string): void;
}

export interface InstanceProcess {
  /** Absent where the system could not start it. */
  readonly pid: number | undefined;
  terminate(): void;
  /** Ends the whole process group at once. */
  kill(): void;
}

const MAX_START_OUTPUT = 64 * 1024;
const MAX_TAIL = 400;

/** Starts an instance in a process group of its own, waits until it listens and captures its output. */
export function startInstanceProcess(options: InstanceProcessOptions): InstanceProcess {
  const { guard, command, args, env, cwd, log, port } = options;
  const child = guard.spawn(command, args, { env, cwd });
  let done = false;
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    kill(child);
  }, options.startTimeoutMs);
  const looking = new AbortController();
  const onListening = (listening: Listening) => {
    clearTimeout(timer);
    options.onListening(listening);
  };
  const readers = [readOutput(child.stdout, log, port === undefined ? onListening : undefined), readOutput(child.stderr, log)];
  if (port !== undefined) {
    void awaitPort(port, looking.signal).then(() => {
      if (!looking.signal.aborted) onListening({ dataPort: port });
    });
  }

  const finish = (reason: string) => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    looking.abort();
    if (child.pid !== undefined) killGroup(child.pid, 'SIGKILL');
    const tail = readers
      .map((reader) => reader.tail())
      .join(' ')
      .trim();
    options.onExit(timedOut ? `it did not listen within ${options.startTimeoutMs} ms` : tail ? `${reason}: ${tail}` : reason);
    void Promise.all(readers.map((reader) => reader.ended)).then(() => log.close());
  };
  child.once('error', (error) => finish(`${command} could not be started: ${error.message}`));
  child.once('exit', (code, signal) => finish(signal ? `it was ended by ${signal}` : `it exited with code ${code}`));

  return {
    pid: child.pid,
    terminate: () => void child.kill('SIGTERM'),
    kill: () => kill(child),
  };
}

function kill(child: ChildProcess): void {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) killGroup(child.pid, 'SIGKILL');
}

/** Copies output to the log at the log's pace; until `listening` was seen it also keeps what was said last, for the reason of a failed start. */
function readOutput(stream: Readable, log: InstanceLog, onListening?: (listening: Listening) => void): { ended: Promise<void>; tail(): string } {
  let text = '';
  let started = false;
  const look = (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(onListening ? -MAX_START_OUTPUT : -MAX_TAIL);
    const listening = onListening && findListening(text);
    if (!listening) return;
    started = true;
    text = '';
    onListening(listening);
  };
  const read = async () => {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (!started) look(chunk);
      await log.write(chunk);
    }
  };
  return { ended: read().catch(() => undefined), tail: () => text.slice(-MAX_TAIL).trim() };
}

function findListening(text: string): Listening | undefined {
  for (const line of text.split('\n').slice(0, -1)) {
    if (!line.includes('"listening"')) continue;
    try {
      const { msg, dataPort, controlPort } = JSON.parse(line) as { msg?: unknown } & Partial<Listening>;
      if (msg === 'listening' && Number.isInteger(dataPort) && Number.isInteger(controlPort)) return { dataPort, controlPort } as Listening;
    } catch {
      continue;
    }
  }
  return undefined;
}
