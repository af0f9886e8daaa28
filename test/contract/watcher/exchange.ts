import { Agent, request as httpRequest, type ClientRequest } from 'node:http';
import { connect } from 'node:net';
import type { Outcome } from './match.ts';

export interface RequestSpec {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: unknown;
}

const LIMIT_MS = 20_000;

/** One HTTP exchange that can be looked at, and written to, while it runs. */
export class Exchange {
  readonly done: Promise<Outcome>;
  readonly request: ClientRequest;
  #started = performance.now();
  #parts: Buffer[] = [];
  #status: number | undefined;
  #headers: Outcome['headers'] = {};
  #changed: () => void = () => undefined;

  /** With `leaveOpen` the request's end is not sent yet. */
  constructor(port: number, spec: RequestSpec, { agent, leaveOpen = false }: { readonly agent?: Agent | undefined; readonly leaveOpen?: boolean } = {}) {
    const body = leaveOpen ? undefined : bytesOf(spec.body);
    const { method = body ? 'POST' : 'GET', path = '/' } = spec;
    const headers: Record<string, string | string[]> = { ...spec.headers };
    if (body && !Object.keys(headers).some((name) => ['content-length', 'transfer-encoding'].includes(name.toLowerCase())))
      headers['content-length'] = String(body.length);
    this.request = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: agent ?? false, timeout: LIMIT_MS });
    this.done = new Promise((resolve) => {
      const end = (cut: boolean) => {
        resolve({ status: this.#status, headers: this.#headers, body: Buffer.concat(this.#parts), cut, durationMs: performance.now() - this.#started });
        this.#changed();
      };
      this.request.on('response', (response) => {
        this.#status = response.statusCode;
        this.#headers = response.headers;
        response.on('data', (chunk: Buffer) => {
          this.#parts.push(chunk);
          this.#changed();
        });
        response.on('end', () => end(!response.complete));
        response.on('error', () => end(true));
        response.on('close', () => end(!response.complete));
      });
      this.request.on('error', () => this.#status === undefined && end(true));
      this.request.on('timeout', () => this.request.destroy());
    });
    if (leaveOpen) this.request.flushHeaders();
    if (leaveOpen) for (const part of [spec.body ?? []].flat()) this.request.write(bytesOf(part) ?? '');
    else this.request.end(body);
  }

  /** Resolves when what has come so far matches. */
  async read(pattern: RegExp): Promise<void> {
    const deadline = performance.now() + LIMIT_MS;
    while (!pattern.test(Buffer.concat(this.#parts).toString('utf8'))) {
      if (performance.now() > deadline)
        throw new Error(`the answer so far is ${JSON.stringify(Buffer.concat(this.#parts).toString('utf8'))}, which does not match ${pattern}`);
      await Promise.race([new Promise<void>((resolve) => (this.#changed = resolve)), new Promise((resolve) => setTimeout(resolve, 250))]);
    }
  }
}

/** A body of a vector: text, `{json}`, `{base64}` or `{repeat, times}`; or bytes. */
export function bytesOf(body: unknown): Buffer | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Buffer) return body;
  const { json, base64, repeat, times } = body as { json?: unknown; base64?: string; repeat?: string; times?: number };
  if (base64 !== undefined) return Buffer.from(base64, 'base64');
  if (repeat !== undefined) return Buffer.alloc(Buffer.byteLength(repeat) * (times ?? 1), repeat);
  return Buffer.from(JSON.stringify(json));
}

/** Sends bytes as they are and reads until the answer is whole or the other side closes. */
export function exchangeRaw(port: number, parts: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const started = performance.now();
    const socket = connect(port, '127.0.0.1');
    let text = '';
    const finish = () => {
      socket.destroy();
      resolve({ ...parseAnswer(text), durationMs: performance.now() - started });
    };
    const timer = setTimeout(finish, LIMIT_MS);
    for (const part of parts) socket.write(part, 'latin1');
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (!parseAnswer(text).cut) finish();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(timer);
      finish();
    });
  });
}

function parseAnswer(text: string): Omit<Outcome, 'durationMs'> {
  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, Math.max(end, 0)).split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  const status = /^HTTP\/1\.1 (\d{3})/.exec(first)?.[1];
  const body = end < 0 ? '' : text.slice(end + 4);
  const complete = status === '101' || (status !== undefined && body.length >= Number(headers['content-length'] ?? Infinity));
  return { status: status === undefined ? undefined : Number(status), headers, body: Buffer.from(body, 'latin1'), cut: !complete };
}
