import { fork, type ChildProcess, type Serializable } from 'node:child_process';
import type { Socket } from 'node:net';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LoadOrder, Notice, Order, Report, Running } from '../messages.ts';
import type { RefusalCode } from '../contract.ts';
import { WatcherError } from '../watcher-error.ts';
import type { Guardian } from './guardian.ts';
import { residentBytes } from './memory.ts';
import { readLines, type OutputLine } from './output-lines.ts';

export interface ExecutorProcessOptions {
  readonly scratch: string;
  readonly guardian: Guardian;
  onOutput(stream: 'stdout' | 'stderr', line: OutputLine): void;
}

/** What is known of a process that has ended. */
export interface Exit {
  readonly reason: string;
  /** Handed over and never taken: nobody has read a byte of them. */
  readonly untaken: readonly Socket[];
  readonly running: readonly Running[];
}

const LOAD_LIMIT_MS = 60_000;
const REPORT_LIMIT_MS = 50;
const CHANNEL_POLL_MS = 2;
/** A module without a declared type is tried both ways; that it costs a moment is nothing to tell a function's log. What was compiled stays compiled however long an executor waits for its function. */
const EXECUTOR_FLAGS = ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON', '--no-flush-bytecode'];
const EXECUTOR_ENTRY = fileURLToPath(new URL(`../executor/main${extname(import.meta.url)}`, import.meta.url));

/** The supervisor's end of one executor: a process of its own group, its channel and its output. */
export class ExecutorProcess {
  readonly startedAtMs = Date.now();
  /** Resolves when the process has ended and every notice that it sent has been read. */
  readonly exited: Promise<Exit>;
  /** Set by whoever the executor works for. */
  onNotice: (notice: Notice) => void = () => undefined;
  last: Report | undefined;
  lastBeatMs = performance.now();
  /** Ended on purpose: its end is no crash. */
  expected = false;
  taken = 0;
  readonly #child: ChildProcess;
  readonly #untaken = new Map<number, { readonly socket: Socket; readonly keep: boolean }>();
  readonly #reports = new Map<number, (report: Report) => void>();
  #nextId = 1;
  #lastWords: { message: string | undefined; running: readonly Running[] } | undefined;

  constructor({ scratch, guardian, onOutput }: ExecutorProcessOptions) {
    const { PATH, LANG = 'C.UTF-8', TZ = 'UTC' } = process.env;
    const env = { ...(PATH === undefined ? {} : { PATH }), HOME: scratch, TMPDIR: `${scratch}/tmp`, LANG, TZ };
    // Its own process group, so that what user code starts ends with it and a terminal's Ctrl-C reaches the supervisor alone.
    const child = fork(EXECUTOR_ENTRY, [], { cwd: scratch, env, execArgv: EXECUTOR_FLAGS, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.#child = child;
    if (child.pid !== undefined) guardian.watch(child.pid);
    if (child.stdout) readLines(child.stdout, (line) => onOutput('stdout', line));
    if (child.stderr) readLines(child.stderr, (line) => onOutput('stderr', line));
    child.on('message', (notice) => this.#receiveSafely(notice as Notice));
    this.exited = this.#ended(guardian);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get rssBytes(): number {
    return residentBytes(this.pid) ?? this.last?.rssBytes ?? 0;
  }

  /** @throws WatcherError LOAD_FAILED */
  load(order: LoadOrder): Promise<number> {
    return new Promise((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.onNotice = () => undefined;
        finish();
      };
      const failed = (message: string, place = {}) => settle(() => reject(new WatcherError('LOAD_FAILED', message, place)));
      const timer = setTimeout(() => failed(`the module did not finish loading within ${LOAD_LIMIT_MS / 1000} s`), LOAD_LIMIT_MS);
      this.onNotice = (notice) => {
        if (notice.kind === 'loaded') settle(() => resolve(notice.initMs));
        if (notice.kind === 'load-failed') {
          const { message, file, line } = notice;
          failed(message, { ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }) });
        }
      };
      void this.exited.then(({ reason }) => failed(`the process ended while the module was loading: ${reason}`));
      this.#send({ kind: 'load', order });
    });
  }

  /** Hands a connection over. With `keep` our own descriptor stays open, so that we can still answer on it; else it is closed once the executor has it. */
  hand(socket: Socket, keep: boolean): void {
    const id = this.#nextId++;
    this.#untaken.set(id, { socket, keep });
    // Node would otherwise keep books about the listener's connections in both processes.
    (socket as { server?: unknown }).server = null;
    this.#send({ kind: 'connection', id }, socket);
  }

  retire(code: RefusalCode, graceMs: number): void {
    this.expected = true;
    this.#send({ kind: 'retire', code, graceMs });
  }

  /** Fresh figures, or the last beat's when the executor does not answer at once. */
  report(): Promise<Report | undefined> {
    return new Promise((resolve) => {
      const id = this.#nextId++;
      const settle = (report: Report | undefined) => {
        clearTimeout(timer);
        this.#reports.delete(id);
        resolve(report);
      };
      const timer = setTimeout(() => settle(this.last), REPORT_LIMIT_MS);
      this.#reports.set(id, settle);
      this.#send({ kind: 'report', id });
    });
  }

  kill(): void {
    this.expected = true;
    this.#signalGroup();
    this.#child.kill('SIGKILL');
  }

  /** User code shares the executor's process and could write to its channel: what makes no sense ends the executor, not the supervisor. */
  #receiveSafely(notice: Notice): void {
    try {
      this.#receive(notice);
    } catch {
      this.#lastWords = { message: 'it sent the supervisor what no executor sends', running: this.last?.running ?? [] };
      this.#signalGroup();
    }
  }

  #receive(notice: Notice): void {
    if (notice.kind === 'took') {
      const handed = this.#untaken.get(notice.id);
      this.#untaken.delete(notice.id);
      this.taken += 1;
      if (handed && !handed.keep) handed.socket.destroy();
    }
    if (notice.kind === 'beat' || notice.kind === 'report') {
      this.last = notice;
      this.lastBeatMs = performance.now();
    }
    if (notice.kind === 'crashing') this.#lastWords = notice;
    this.onNotice(notice);
    if (notice.kind === 'report') this.#reports.get(notice.id)?.(notice);
  }

  async #ended({ forget }: Guardian): Promise<Exit> {
    const child = this.#child;
    const how = await new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
      child.on('error', (error) => child.pid === undefined && resolve(error.message));
    });
    // What it had started goes with it.
    this.#signalGroup();
    // Its last notices may still be on the way. Node gives no event for the end of a channel on which a handed socket is unacknowledged ('disconnect' then never comes).
    while (child.pid !== undefined && child.channel) await new Promise((resolve) => setTimeout(resolve, CHANNEL_POLL_MS));
    if (child.pid !== undefined) forget(child.pid);
    const { message: reason = how, running = this.last?.running ?? [] } = this.#lastWords ?? {};
    return { reason, untaken: [...this.#untaken.values()].map(({ socket }) => socket), running };
  }

  #send(order: Order, socket?: Socket): void {
    // A failed write means that the process is ending; `exited` tells what becomes of its connections.
    this.#child.send(order as unknown as Serializable, socket, { keepOpen: true }, () => undefined);
  }

  #signalGroup(): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // The group is empty.
    }
  }
}
