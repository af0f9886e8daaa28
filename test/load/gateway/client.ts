import { connect, type Socket } from 'node:net';

/** A lean HTTP/1.1 client on raw sockets: it knows answers with a Content-Length, and must cost less than what it measures. */
export interface LoadClient {
  /** As many requests as come through, on all connections, for a time. */
  saturate(durationMs: number): Promise<{ requests: number; failed: number; seconds: number }>;
  /** Requests at a fixed rate; latencies in milliseconds from sending to the last byte. */
  pace(perSecond: number, durationMs: number): Promise<{ latencies: Float64Array; failed: number }>;
  close(): void;
}

interface Line {
  readonly socket: Socket;
  /** Called with whether the answer was 200. */
  done: (ok: boolean) => void;
  expected: number;
  received: number;
  ok: boolean;
}

export async function createLoadClient(url: string, path: string, connections: number): Promise<LoadClient> {
  const { hostname, port } = new URL(url);
  const bytes = Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUser-Agent: load\r\nAccept: application/json\r\nAccept-Encoding: gzip\r\n\r\n`,
  );
  const lines = await Promise.all(Array.from({ length: connections }, () => open(Number(port), hostname)));
  return {
    saturate(durationMs) {
      const counts = { requests: 0, failed: 0 };
      const startedAt = performance.now();
      const until = startedAt + durationMs;
      const work = lines.map(
        (line) =>
          new Promise<void>((resolve) => {
            line.done = (ok) => {
              if (ok) counts.requests++;
              else counts.failed++;
              if (performance.now() > until) resolve();
              else line.socket.write(bytes);
            };
            line.socket.write(bytes);
          }),
      );
      return Promise.all(work).then(() => ({ ...counts, seconds: (performance.now() - startedAt) / 1000 }));
    },
    async pace(perSecond, durationMs) {
      const total = Math.round((perSecond * durationMs) / 1000);
      const latencies = new Float64Array(total);
      const idle = [...lines];
      let sent = 0;
      let finished = 0;
      let failed = 0;
      const { promise, resolve } = Promise.withResolvers<void>();
      const startedAt = performance.now();
      const send = () => {
        const line = idle.shift();
        if (!line) return;
        const index = sent++;
        const at = performance.now();
        line.done = (ok) => {
          latencies[index] = performance.now() - at;
          if (!ok) failed++;
          idle.push(line);
          if (++finished === total) resolve();
        };
        line.socket.write(bytes);
      };
      const tick = () => {
        const due = Math.min(total, Math.floor(((performance.now() - startedAt) * perSecond) / 1000));
        if (sent < due) send();
        if (sent < total) setImmediate(tick);
      };
      tick();
      await promise;
      return { latencies: latencies.sort(), failed };
    },
    close: () => lines.forEach(({ socket }) => socket.destroy()),
  };
}

function open(port: number, host: string): Promise<Line> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host, noDelay: true });
    const line: Line = { socket, done: () => {}, expected: -1, received: 0, ok: false };
    socket.once('error', reject).once('connect', () => resolve(line));
    socket.on('data', (chunk: Buffer) => {
      line.received += chunk.length;
      if (line.expected < 0) {
        const head = chunk.toString('latin1');
        const end = head.indexOf('\r\n\r\n');
        line.expected = end + 4 + Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
        line.ok = head.startsWith('HTTP/1.1 200');
      }
      if (line.received < line.expected) return;
      line.expected = -1;
      line.received = 0;
      line.done(line.ok);
    });
  });
}
