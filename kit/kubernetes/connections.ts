import { Agent } from '../undici.ts';
import type { TlsOptions } from './credentials.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const KEEP_ALIVE_MS = 30_000;
/** Requests at once. Watches have connections of their own, as many as there are. */
const MAX_CONNECTIONS = 32;

/** Connections by purpose, so that watches never keep a request waiting. */
export interface Connections {
  readonly requests: Agent;
  readonly streams: Agent;
}

/** Connections for the latest identity; those of an earlier one end with what runs on them. */
export function createConnections() {
  let current: (Connections & { readonly tls: TlsOptions }) | undefined;
  const all = new Set<Agent>();
  const open = (tls: TlsOptions, connections?: number) => {
    const agent = new Agent({ connect: { ...tls, timeout: CONNECT_TIMEOUT_MS }, keepAliveTimeout: KEEP_ALIVE_MS, ...(connections && { connections }) });
    all.add(agent);
    return agent;
  };
  const retire = (agent: Agent) => void agent.close().finally(() => all.delete(agent));
  return {
    use(tls: TlsOptions): Connections {
      if (current?.tls === tls) return current;
      if (current) [current.requests, current.streams].forEach(retire);
      current = { tls, requests: open(tls, MAX_CONNECTIONS), streams: open(tls) };
      return current;
    },
    /** Cuts what runs. */
    async close(): Promise<void> {
      await Promise.all([...all].map((agent) => agent.destroy()));
    },
  };
}
