import { createHash } from 'node:crypto';
import { Agent, get } from 'node:http';

export interface ClientsOptions {
  /** Each is asked in turn, with `?n=`, for the hex SHA-256 of `n`, over and over. */
  readonly urls: readonly string[];
  /** Requests under way at once. */
  readonly clients: number;
  /** Whether a connection takes one request after the other, or one alone. @default true */
  readonly keepAlive?: boolean;
  /** How long after a connection that broke or was refused a request is sent a second and last time. @default - never */
  readonly retryAfterMs?: number;
  /** While true, nobody asks. */
  pauses?(): boolean;
}

export interface WrongAnswer {
  readonly url: string;
  /** Another status or another body than the request asks for, or no answer. */
  readonly problem: string;
  /** Of the connection, where there was no answer: `ECONNRESET`. */
  readonly code?: string;
  /** On the monotonic clock. */
  readonly sentAt: number;
  readonly endedAt: number;
}

export interface Clients {
  readonly requests: number;
  /** Requests sent and not answered. */
  readonly inFlight: number;
  readonly wrong: readonly WrongAnswer[];
  /** No more requests; resolves once those under way are answered. */
  stop(): Promise<{ readonly requests: number; readonly wrong: readonly WrongAnswer[] }>;
}

/** Clients that check every answer, and never retry unless told to. */
export function startClients({ urls, clients, keepAlive = true, retryAfterMs, pauses = () => false }: ClientsOptions): Clients {
  const agent = new Agent({ keepAlive, maxSockets: clients });
  const wrong: WrongAnswer[] = [];
  let requests = 0;
  let inFlight = 0;
  let running = true;
  const client = async () => {
    while (running) {
      if (pauses()) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        continue;
      }
      const n = requests++;
      inFlight++;
      let problem = await ask(agent, urls[n % urls.length] ?? '', String(n));
      if (problem?.code !== undefined && retryAfterMs !== undefined) {
        await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
        problem = await ask(agent, problem.url, String(n));
      }
      inFlight--;
      if (problem !== undefined) wrong.push(problem);
    }
  };
  const work = Promise.all(Array.from({ length: clients }, client));
  return {
    get requests() {
      return requests - inFlight;
    },
    get inFlight() {
      return inFlight;
    },
    wrong,
    async stop() {
      running = false;
      await work;
      agent.destroy();
      return { requests, wrong };
    },
  };
}

/** What is wrong with the answer; nothing where it is right. */
function ask(agent: Agent, url: string, n: string): Promise<WrongAnswer | undefined> {
  const digest = createHash('sha256').update(n).digest('hex');
  const sentAt = performance.now();
  return new Promise((resolve) => {
    const fail = (problem: string, code?: string) =>
      resolve({ url, problem: `request ${n}: ${problem}`, sentAt, endedAt: performance.now(), ...(code !== undefined && { code }) });
    const broke = (error: NodeJS.ErrnoException) => fail(error.message, error.code ?? 'ECONNRESET');
    get(`${url}?n=${n}`, { agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', broke);
      response.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        if (response.statusCode === 200 && body === digest.repeat(64)) resolve(undefined);
        else fail(`${response.statusCode} ${body.slice(0, 200)}`);
      });
    }).on('error', broke);
  });
}
