import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** A line between a client and the API server that can be cut, or go dead without a word. */
export interface Line {
  /** `https://127.0.0.1:<port>`. */
  readonly server: string;
  /** Ends all connections and takes no new ones. */
  cut(): void;
  /** Keeps the connections and lets nothing through, as a network that swallows packets does. */
  freeze(): void;
  /** Takes connections again; frozen ones stay dead. */
  mend(): void;
  close(): Promise<void>;
}

export async function layLine(server: string): Promise<Line> {
  const { hostname, port } = new URL(server);
  const sockets = new Set<Socket>();
  let down = false;
  const proxy = createServer((near) => {
    if (down) return void near.resetAndDestroy();
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      socket.on('error', () => other.destroy());
      socket.pipe(other);
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const each = (act: (socket: Socket) => void) => [...sockets].forEach(act);
  return {
    server: `https://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    cut() {
      down = true;
      each((socket) => socket.resetAndDestroy());
    },
    freeze() {
      down = true;
      each((socket) => socket.unpipe().pause());
    },
    mend() {
      down = false;
    },
    async close() {
      each((socket) => socket.destroy());
      await new Promise((resolve) => proxy.close(resolve));
    },
  };
}
