import { createServer } from 'node:http';
import { Pool } from 'undici';

/** The proxy that the gateway is measured against: node:http and undici, with no admission, no routes, no limits. @returns its URL */
export async function startBaseline(
  upstream: string,
  { host = '127.0.0.1', port = 0 }: { readonly host?: string; readonly port?: number } = {},
): Promise<string> {
  const pool = new Pool(upstream, { connections: 128, headersTimeout: 0, bodyTimeout: 0 });
  const server = createServer((request, response) => {
    const headers: string[] = [];
    const { rawHeaders } = request;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] as string;
      if (!/^(connection|keep-alive|transfer-encoding|content-length)$/i.test(name)) headers.push(name, rawHeaders[index + 1] as string);
    }
    const body = request.headers['content-length'] === undefined && request.headers['transfer-encoding'] === undefined ? null : request;
    pool.dispatch(
      { path: request.url as string, method: request.method as 'GET', headers, body },
      {
        onRequestStart() {},
        onResponseStart(_controller, status, received) {
          delete received['connection'];
          delete received['keep-alive'];
          response.writeHead(status, received);
        },
        onResponseData(controller, chunk) {
          if (response.write(chunk)) return;
          controller.pause();
          response.once('drain', () => controller.resume());
        },
        onResponseEnd: () => void response.end(),
        onResponseError: () => void response.destroy(),
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return `http://${host}:${(server.address() as { port: number }).port}`;
}
