import { createServer } from 'node:net';
import { findPortOwner } from '../../kit/port-owner.ts';
import { PlatformError } from '../../protocol/errors.ts';

/** Ports of a local platform. */
export interface Ports {
  readonly gateway: number;
  readonly admin: number;
  readonly scaler: number;
  readonly prometheus: number;
  readonly alertmanager: number;
}

/** Prometheus and Alertmanager are where people look for them. */
export const DEFAULT_PORTS: Ports = { gateway: 8080, admin: 8081, scaler: 8082, prometheus: 9090, alertmanager: 9093 };

/** Five in a row. */
export function portsFrom(first: number): Ports {
  return { gateway: first, admin: first + 1, scaler: first + 2, prometheus: first + 3, alertmanager: first + 4 };
}

/** What `--port` asks for. @throws PlatformError USAGE */
export function parsePorts(text: string | undefined): Ports {
  if (text === undefined) return DEFAULT_PORTS;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_531)
    throw new PlatformError('USAGE', `--port ${text} is not a port: take one from 1 to 65531; it and the four after it are used`);
  return portsFrom(port);
}

/** Makes sure that nothing listens there yet. @throws PlatformError PORT_IN_USE naming every taken port and who holds it */
export async function checkPorts(host: string, ports: Partial<Ports>): Promise<void> {
  const names = Object.keys(ports) as (keyof Ports)[];
  const taken = (await Promise.all(names.map(async (name) => ((await isFree(host, ports[name] ?? 0)) ? undefined : name)))).filter(
    (name) => name !== undefined,
  );
  if (taken.length === 0) return;
  const holders = await Promise.all(taken.map(async (name) => ({ name, port: ports[name] ?? 0, owner: await findPortOwner(ports[name] ?? 0) })));
  const lines = holders.map(
    ({ name, port, owner }) => `port ${port} (${name}) is taken by ${owner ? `process ${owner.pid} (${owner.name})` : 'another process'}`,
  );
  throw new PlatformError('PORT_IN_USE', `${lines.join('; ')}: end it, or move ours with --port`, {
    details: { ports: holders.map(({ name, port, owner }) => ({ name, port, ...(owner && { pid: owner.pid, process: owner.name }) })) },
  });
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}
