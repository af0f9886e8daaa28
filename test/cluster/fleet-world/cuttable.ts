import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { parse, stringify } from 'yaml';

/** A way to the API server that can be cut, while everybody else keeps theirs. */
export interface CuttableWay {
  /** Path; a client that uses it goes this way. */
  readonly kubeconfig: string;
  /** Breaks what is open; nothing gets through until `mend`. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** Writes the kubeconfig to `file`. The API server's certificate must hold 127.0.0.1. */
export async function createCuttableWay(kubeconfig: string, file: string): Promise<CuttableWay> {
  const config = parse(await readFile(kubeconfig, 'utf8')) as { clusters: { cluster: { server: string } }[] };
  const [first] = config.clusters;
  if (!first) throw new Error(`${kubeconfig} names no cluster`);
  const { hostname, port } = new URL(first.cluster.server);
  const sockets = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = connect(Number(port || 443), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
      socket.pipe(other);
    }
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const ours = (server.address() as AddressInfo).port;
  first.cluster.server = `https://127.0.0.1:${ours}`;
  await writeFile(file, stringify(config), { mode: 0o600 });
  const cut = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { kubeconfig: file, cut, close: cut, mend: async () => void (await once(server.listen(ours, '127.0.0.1'), 'listening')) };
}
