import { Agent } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Exchange, exchangeRaw, type RequestSpec } from './exchange.ts';
import { startFlood, type Flood } from './flood.ts';
import { mismatch, mismatches, type Expectation, type Outcome } from './match.ts';
import { authorization, createPush, type CaseDefaults, type PushSpec } from './push.ts';
import type { Step } from './vectors.ts';
import { isAlive, type WatcherProcess } from './watcher-process.ts';

const PATIENCE_MS = 10_000;
const LOG_PATIENCE_MS = 5000;

type Handler = (argument: never, step: Step) => Promise<void>;

/** Runs the steps of one case against one watcher; throws at the first that does not come out as expected. */
export class StepRunner {
  readonly #watcher: WatcherProcess;
  readonly #defaults: CaseDefaults;
  readonly #saved = new Map<string, unknown>();
  readonly #agents = new Map<string, Agent>();
  readonly #open = new Map<string, Exchange>();
  readonly #floods = new Map<string, Flood>();

  constructor(watcher: WatcherProcess, defaults: CaseDefaults) {
    this.#watcher = watcher;
    this.#defaults = defaults;
  }

  async run(step: Step): Promise<void> {
    const filled = this.#fill(step) as Step;
    const [name, ...others] = Object.keys(filled).filter((key) => !['expect', 'save'].includes(key));
    const handler = (this.#handlers as Readonly<Record<string, Handler>>)[name ?? ''];
    if (!handler || others.length > 0) throw new Error(`not a step: ${JSON.stringify(step)}`);
    try {
      await handler(filled[name as string] as never, filled);
    } catch (error) {
      throw new Error(`step ${JSON.stringify(step).slice(0, 600)}:\n${(error as Error).message}`, { cause: error });
    }
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    for (const exchange of this.#open.values()) exchange.request.destroy();
    for (const flood of this.#floods.values()) void flood.end(0);
  }

  readonly #handlers = {
    data: async (spec: RequestSpec & { connection?: string }, step: Step) =>
      this.#judge(await new Exchange(this.#watcher.dataPort, spec, { agent: this.#agent(spec.connection) }).done, step, 'data'),
    control: async (spec: RequestSpec, step: Step) => this.#judge(await new Exchange(this.#watcher.controlPort, spec).done, step, 'control'),
    specialize: async (spec: PushSpec, step: Step) => this.#push('specialize', spec, step),
    update: async (spec: PushSpec, step: Step) => this.#push('update', spec, step),
    drain: async ({ timeoutMs, token, sub = 'uid-1' }: { timeoutMs?: unknown; token?: Record<string, unknown>; sub?: string }, step: Step) => {
      const headers = { ...authorization({ act: 'drain', sub }, token, this.#watcher.key), 'content-type': 'application/json' };
      const spec = { method: 'POST', path: '/_/drain', headers, body: { json: { timeoutMs } } };
      this.#judge(await new Exchange(this.#watcher.controlPort, spec).done, step, 'control');
    },
    raw: async ({ port = 'data', send }: { port?: 'data' | 'control'; send: string[] }, step: Step) =>
      this.#judge(await exchangeRaw(port === 'data' ? this.#watcher.dataPort : this.#watcher.controlPort, send), step, port),
    open: async ({ as, ...spec }: RequestSpec & { as: string; connection?: string }) => {
      const leaveOpen = Array.isArray(spec.body);
      this.#open.set(as, new Exchange(this.#watcher.dataPort, spec, { agent: this.#agent(spec.connection), leaveOpen }));
    },
    write: async ({ to, text, end }: { to: string; text?: string; end?: boolean }) => {
      const { request } = this.#exchange(to);
      if (text !== undefined) request.write(text);
      if (end) request.end();
    },
    read: async ({ of, bodyMatches }: { of: string; bodyMatches: string }) => this.#exchange(of).read(new RegExp(bodyMatches, 's')),
    finish: async ({ of }: { of: string }, step: Step) => this.#judge(await this.#exchange(of).done, step, 'data'),
    abort: async ({ of }: { of: string }) => void this.#exchange(of).request.destroy(),
    parallel: async (steps: Step[]) => {
      const results = await Promise.allSettled(steps.map((step) => this.run(step)));
      for (const result of results) if (result.status === 'rejected') throw result.reason;
    },
    flood: async ({ as, connections, ...spec }: RequestSpec & { as: string; connections: number }, step: Step) => {
      const check = (outcome: Outcome) => mismatches(outcome, (step['expect'] ?? {}) as Expectation, 'data');
      this.#floods.set(
        as,
        startFlood(() => this.#watcher.dataPort, spec, connections, check),
      );
    },
    endFlood: async ({ of, atLeast }: { of: string; atLeast: number }) => {
      const { answered, problems } = await (this.#floods.get(of) as Flood).end(atLeast);
      if (problems.length > 0) throw new Error(`${problems.length} of ${answered} answers: ${problems.slice(0, 3).join('; ')}`);
      if (answered < atLeast) throw new Error(`only ${answered} answers came`);
    },
    until: async ({ status, ready }: { status?: unknown; ready?: number }) => {
      await this.#eventually(PATIENCE_MS, async () => {
        const path = status === undefined ? '/_/ready' : '/_/status';
        const outcome = await new Exchange(this.#watcher.controlPort, { path }).done;
        return mismatches(outcome, status === undefined ? { status: ready } : { status: 200, json: status }, 'control');
      });
    },
    log: async ({ match }: { match: unknown }) => {
      await this.#eventually(LOG_PATIENCE_MS, async () => {
        const records = this.#watcher.records();
        return records.some((record) => mismatch(record, match, 'log').length === 0)
          ? []
          : [`no line matches among\n${records.map((record) => JSON.stringify(record).slice(0, 300)).join('\n')}`];
      });
    },
    logCount: async ({ match, is }: { match: unknown; is: number }) => {
      const count = this.#watcher.records().filter((record) => mismatch(record, match, 'log').length === 0).length;
      if (count !== is) throw new Error(`${count} lines match`);
    },
    noLog: async ({ contains }: { contains: string }) => {
      if (this.#watcher.output.includes(contains)) throw new Error('the log holds it');
    },
    signal: async ({ name, pid }: { name: NodeJS.Signals; pid?: unknown }) => {
      if (pid === undefined) this.#watcher.signal(name);
      else process.kill(Number(pid), name);
    },
    restart: async ({ environment }: { environment?: Record<string, string | null> }) => {
      if (!this.#watcher.ended) this.#watcher.signal('SIGKILL');
      await this.#watcher.exit(PATIENCE_MS);
      await this.#watcher.start(environment);
    },
    exit: async ({ code, withinMs }: { code: number; withinMs: number }) => {
      const found = await this.#watcher.exit(withinMs);
      if (found !== code) throw new Error(`the watcher's exit code is ${found}`);
    },
    gone: async ({ pid }: { pid: unknown }) =>
      this.#eventually(LOG_PATIENCE_MS, async () => (isAlive(Number(pid)) ? [`process ${String(pid)} is still there`] : [])),
    noProcesses: async () => this.#eventually(LOG_PATIENCE_MS, async () => this.#watcher.remaining().map((pid) => `process ${pid} is still there`)),
    file: async ({ path, exists, json, outside }: { path: string; exists: boolean; json?: unknown; outside?: boolean }) => {
      const full = join(outside ? this.#watcher.parent : this.#watcher.scratch, path);
      if (existsSync(full) !== exists) throw new Error(`${path} is ${exists ? 'not ' : ''}there`);
      const problems = json === undefined ? [] : mismatch(JSON.parse(readFileSync(full, 'utf8')), json, path);
      if (problems.length > 0) throw new Error(problems.join('; '));
    },
    wait: async ({ ms }: { ms: number }) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  };

  async #push(act: 'specialize' | 'update', spec: PushSpec, step: Step): Promise<void> {
    const { headers, body } = createPush(act, spec, this.#defaults, this.#watcher.key);
    const outcome = await new Exchange(this.#watcher.controlPort, { method: 'POST', path: `/_/${act}`, headers, body }).done;
    this.#judge(outcome, step, 'control');
  }

  #judge(outcome: Outcome, step: Step, port: 'data' | 'control'): void {
    const problems = mismatches(outcome, (step['expect'] ?? { status: 200 }) as Expectation, port);
    if (problems.length > 0) throw new Error(`${problems.join('\n')}\nanswer: ${outcome.status} ${outcome.body.toString('utf8').slice(0, 500)}`);
    for (const [name, path] of Object.entries((step['save'] ?? {}) as Record<string, string>)) this.#saved.set(name, pick(outcome, path));
  }

  #agent(name: string | undefined): Agent | undefined {
    if (name === undefined) return undefined;
    const agent = this.#agents.get(name) ?? new Agent({ keepAlive: true, maxSockets: 1 });
    this.#agents.set(name, agent);
    return agent;
  }

  #exchange(name: string): Exchange {
    const exchange = this.#open.get(name);
    if (!exchange) throw new Error(`no request is open as "${name}"`);
    return exchange;
  }

  async #eventually(limitMs: number, check: () => Promise<string[]>): Promise<void> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const problems = await check();
      if (problems.length === 0) return;
      if (performance.now() > deadline) throw new Error(problems.join('\n'));
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** Puts saved values in. A string that is nothing but a reference becomes the value itself. */
  #fill(value: unknown): unknown {
    if (typeof value === 'string') {
      const whole = /^\{\{(\w+)\}\}$/.exec(value)?.[1];
      if (whole !== undefined) return this.#value(whole);
      return value.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(this.#value(name)));
    }
    if (Array.isArray(value)) return value.map((item) => this.#fill(item));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, key === 'parallel' ? item : this.#fill(item)]));
  }

  #value(name: string): unknown {
    if (name === 'scratch') return this.#watcher.scratch;
    if (name === 'mebibyte') return 'x'.repeat(1024 * 1024);
    if (!this.#saved.has(name)) throw new Error(`nothing is saved as "${name}"`);
    return this.#saved.get(name);
  }
}

function pick(outcome: Outcome, path: string): unknown {
  const body = outcome.body.toString('utf8');
  const [root, ...keys] = path.split('.');
  if (root === 'json') return keys.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], JSON.parse(body));
  if (root === 'headers') return outcome.headers[keys.join('.')];
  return root === 'status' ? outcome.status : body;
}
