import { createServer } from 'node:http';
import { createLoadClient } from './client.ts';
import { startBaseline } from './baseline.ts';

/** One party of the benchmark as a process of its own: answers each message `{ id, call, args }` with `{ id, result }`. */
const BODY = JSON.stringify({ message: 'hello from the function', ok: true });

const calls: Record<string, (...args: never[]) => unknown> = {
  async upstream() {
    const server = createServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': BODY.length });
      response.end(BODY);
    });
    server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  },
  baseline: (url: string) => startBaseline(url),
  async gateway() {
    await import('../../../gateway/main.ts');
  },
  cpuSeconds() {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  },
  async saturate(url: string, path: string, connections: number, durationMs: number) {
    const client = await createLoadClient(url, path, connections);
    const result = await client.saturate(durationMs);
    client.close();
    return result;
  },
  async pace(url: string, path: string, connections: number, perSecond: number, durationMs: number) {
    const client = await createLoadClient(url, path, connections);
    await client.pace(perSecond, 300);
    const { latencies, failed } = await client.pace(perSecond, durationMs);
    client.close();
    const at = (share: number) => latencies[Math.floor(latencies.length * share)];
    return { p50: at(0.5), p99: at(0.99), failed };
  },
};

process.on('message', ({ id, call, args }: { id: number; call: string; args: never[] }) => {
  Promise.resolve()
    .then(() => calls[call]?.(...args))
    .then(
      (result) => process.send?.({ id, result }),
      (error: Error) => process.send?.({ id, error: error.stack }),
    );
});
process.on('disconnect', () => process.exit());
