import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { watcherPrograms } from '../../../constructs/build/watcher-programs.ts';
import { readRuntimeStart } from '../../../kit/fleet/local-start.ts';
import { createSigningKey, publicKeyOf } from '../../../protocol/token.ts';
import type { Runtime } from '../../../protocol/schema/fields.ts';

export const RUNTIMES_DIR = fileURLToPath(new URL('../../../runtimes', import.meta.url));
export const INSTANCE = 'instance-1';
const START_LIMIT_MS = 20_000;

export interface LogRecord {
  readonly [field: string]: unknown;
}

/** One watcher on an empty scratch folder with a throw-away key; it may be killed and started again on the same folder. */
export class WatcherProcess {
  readonly parent = mkdtempSync(join(tmpdir(), 'watcher-'));
  readonly scratch = join(this.parent, 'scratch');
  readonly key: KeyObject;
  readonly #publicKey: string;
  readonly #language: Runtime;
  readonly #known = new Set<number>();
  #child: ChildProcess | undefined;
  dataPort = 0;
  controlPort = 0;
  /** Everything that it has printed. */
  output = '';

  constructor(language: Runtime) {
    const pem = createSigningKey();
    this.key = createPrivateKey(pem);
    this.#publicKey = publicKeyOf(pem);
    this.#language = language;
  }

  /** Starts it and resolves when it listens, or has ended. */
  async start(environment: Readonly<Record<string, string | null>> = {}): Promise<void> {
    const start = await readRuntimeStart(RUNTIMES_DIR, this.#language, {
      node: process.execPath,
      python: process.env['FIB_PYTHON'] ?? 'python3',
      ext: '.ts',
      ...watcherPrograms(this.#language),
    });
    if (start.kind !== 'start') throw new Error(start.reason);
    const env: Record<string, string | null> = {
      PATH: process.env['PATH'] ?? '',
      FIB_INSTANCE: INSTANCE,
      FIB_SCRATCH: this.scratch,
      FIB_PUBLIC_KEY: this.#publicKey,
      FIB_HOST: '127.0.0.1',
      FIB_DATA_PORT: '0',
      FIB_CONTROL_PORT: '0',
      ...start.env,
      ...environment,
    };
    const set = Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== null));
    const from = this.output.length;
    const child = spawn(start.command, start.args, { env: set, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => process.stderr.write(text));
    const deadline = performance.now() + START_LIMIT_MS;
    for (;;) {
      const listening = this.records(from).find(({ msg }) => msg === 'listening');
      if (listening) {
        this.dataPort = listening['dataPort'] as number;
        this.controlPort = listening['controlPort'] as number;
        return;
      }
      if (child.exitCode !== null) return;
      if (performance.now() > deadline) throw new Error(`the watcher did not listen: ${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  /** 0 before its first start. */
  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get exitCode(): number | null {
    return this.#child?.exitCode ?? null;
  }

  get ended(): boolean {
    return this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Its whole log lines from an offset of `output` on. A line that is no JSON comes out as `{ unparsable }`. */
  records(from = 0): LogRecord[] {
    return this.output
      .slice(from)
      .split('\n')
      .slice(0, -1)
      .map((line) => {
        try {
          return JSON.parse(line) as LogRecord;
        } catch {
          return { unparsable: line };
        }
      });
  }

  signal(name: NodeJS.Signals): void {
    this.remember();
    this.#child?.kill(name);
  }

  async exit(withinMs: number): Promise<number | null> {
    if (!this.ended && this.#child) await Promise.race([once(this.#child, 'exit'), new Promise((resolve) => setTimeout(resolve, withinMs))]);
    return this.exitCode;
  }

  /** Notes which processes belong to it now. */
  remember(): void {
    if (this.#child?.pid !== undefined) for (const pid of descendants(this.#child.pid)) this.#known.add(pid);
  }

  /** Which of all the processes that it was seen to have are still there. */
  remaining(): number[] {
    return [...this.#known].filter(isAlive);
  }

  /** Ends it and gives the processes that it left behind. */
  async close(): Promise<number[]> {
    this.signal('SIGINT');
    await this.exit(5000);
    if (!this.ended) this.#child?.kill('SIGKILL');
    await this.exit(5000);
    for (let tries = 0; tries < 100 && this.remaining().length > 0; tries += 1) await new Promise((resolve) => setTimeout(resolve, 50));
    const left = this.remaining();
    for (const pid of left) process.kill(pid, 'SIGKILL');
    rmSync(this.parent, { recursive: true, force: true, maxRetries: 3 });
    return left;
  }
}

function descendants(root: number): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number));
  const found = [root];
  for (const at of found) for (const [pid, parent] of rows) if (parent === at && pid !== undefined) found.push(pid);
  return found;
}

/** A zombie whose parent does not wait for it is gone. */
export function isAlive(pid: number): boolean {
  try {
    const state = execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    return state !== '' && !state.startsWith('Z');
  } catch {
    return false;
  }
}
