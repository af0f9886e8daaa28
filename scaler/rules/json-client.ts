import { Agent, request } from '../../kit/undici.ts';

export interface JsonAnswer {
  readonly status: number;
  /** Text, where the answer does not say that it is JSON. */
  readonly body: unknown;
}

/** Asks one server for JSON, with a limit on time and on bytes. Rejects where there is no answer. */
export interface JsonClient {
  get(path: string): Promise<JsonAnswer>;
  /** As `application/x-www-form-urlencoded`: queries may be longer than a URL. */
  post(path: string, form?: Readonly<Record<string, string>>): Promise<JsonAnswer>;
  close(): Promise<void>;
}

export interface JsonClientOptions {
  /** Default 3 s, for the whole exchange. */
  readonly timeoutMs?: number;
  /** Default 16 MiB. */
  readonly maxBytes?: number;
}

export function createJsonClient(baseUrl: string, { timeoutMs = 3000, maxBytes = 16 * 1024 * 1024 }: JsonClientOptions = {}): JsonClient {
  const agent = new Agent({ connections: 4, maxResponseSize: maxBytes, connect: { timeout: timeoutMs } });
  const exchange = async (method: 'GET' | 'POST', path: string, form?: Readonly<Record<string, string>>): Promise<JsonAnswer> => {
    const response = await request(new URL(path, baseUrl), {
      method,
      dispatcher: agent,
      signal: AbortSignal.timeout(timeoutMs),
      ...(form && { body: new URLSearchParams(form).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
    });
    const text = await response.body.text();
    const json = String(response.headers['content-type']).startsWith('application/json');
    return { status: response.statusCode, body: json ? (JSON.parse(text) as unknown) : text };
  };
  return {
    get: (path) => exchange('GET', path),
    post: (path, form = {}) => exchange('POST', path, form),
    close: () => agent.destroy(),
  };
}
