import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A registry that takes pushes, in memory. Source: the OCI distribution specification, "Push". */
export interface TestRegistry {
  /** `localhost:<port>`. */
  readonly host: string;
  /** What was pushed, by digest. */
  readonly blobs: ReadonlyMap<string, Buffer>;
  /** Digests of manifests by `<repository>:<tag>`. */
  readonly tags: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

/** @param options `closed` = nobody may push */
export async function startRegistry({ closed = false } = {}): Promise<TestRegistry> {
  const blobs = new Map<string, Buffer>();
  const tags = new Map<string, string>();
  const uploads = new Map<string, Buffer>();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://registry');
    const body = await buffer(request);
    const send = (status: number, headers: Record<string, string> = {}, text = '') => response.writeHead(status, headers).end(text);
    if (closed)
      return send(401, { 'content-type': 'application/json' }, JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }));
    const [, blob] = /\/blobs\/(sha256:[0-9a-f]{64})$/.exec(pathname) ?? [];
    const [, repository = '', tag] = /^\/v2\/(.+)\/manifests\/(.+)$/.exec(pathname) ?? [];
    const store = (content: Buffer) => {
      const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
      blobs.set(digest, content);
      return digest;
    };
    if (pathname === '/v2/') return send(200);
    if (blob !== undefined) return send(blobs.has(blob) ? 200 : 404, { 'content-length': String(blobs.get(blob)?.length ?? 0) });
    if (tag !== undefined && request.method === 'PUT') {
      const digest = store(body);
      tags.set(`${repository}:${tag}`, digest);
      return send(201, { 'docker-content-digest': digest });
    }
    const [, upload] = /\/blobs\/uploads\/(\d*)$/.exec(pathname) ?? [];
    if (upload === undefined) return send(404);
    const id = upload === '' ? String(uploads.size + 1) : upload;
    const content = Buffer.concat([uploads.get(id) ?? Buffer.alloc(0), body]);
    uploads.set(id, content);
    if (request.method !== 'PUT') return send(202, { location: pathname.replace(/\d*$/, id), range: `0-${Math.max(0, content.length - 1)}` });
    const digest = store(content);
    return send(digest === searchParams.get('digest') ? 201 : 400, { 'docker-content-digest': digest });
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () => new Promise<void>((resolve) => (server.close(() => resolve()), server.closeAllConnections()));
  return { host: `localhost:${(server.address() as AddressInfo).port}`, blobs, tags, close };
}
