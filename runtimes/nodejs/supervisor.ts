import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import type { Config } from './config.ts';
import { Orders } from './control/orders.ts';
import { createControlServer } from './control/server.ts';
import { renderStatus } from './control/status.ts';
import { importPublicKey } from './control/token.ts';
import { createGuardian } from './executors/guardian.ts';
import { Instance } from './instance.ts';
import type { Log } from './log.ts';
import { readMarker } from './marker.ts';
import { rehearse } from './rehearsal.ts';

export interface Supervisor {
  readonly dataPort: number;
  readonly controlPort: number;
  /** Refuses what is new, waits for what runs at most the function's timeout, then ends everything (W9.2). */
  drainAndClose(): Promise<void>;
  /** Ends everything at once. */
  close(): Promise<void>;
}

const CLOSE_LIMIT_MS = 3000;

/** Starts the watcher; resolves when both ports listen. Rejects with the listener's error when a port is taken. */
export async function createSupervisor(given: Config, log: Log): Promise<Supervisor> {
  const config = { ...given, scratch: prepareScratch(given.scratch) };
  const owner = await readMarker(config.scratch);
  const guardian = createGuardian((reason) => log.write('warn', 'no shell to guard executors: should this process be killed, they may outlive it', { reason }));
  const instance = new Instance({ config, log, guardian, owner });
  const key = importPublicKey(config.publicKey);
  const orders = new Orders({ instance, instanceId: config.instance, key, now: Date.now });
  // Connections are handed to executors unread.
  const data = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    instance.route(socket);
  });
  const control = createControlServer({ instance, orders, renderStatus: () => renderStatus(instance, config.instance, orders.epoch) });

  for (const server of [data, control]) server.on('error', (error) => log.write('error', 'a listener failed', { error: error.message }));

  const close = async (): Promise<void> => {
    data.close();
    control.close();
    // What has not ended by then is the guardian's.
    await Promise.race([instance.close(), new Promise((resolve) => setTimeout(resolve, CLOSE_LIMIT_MS))]);
    control.closeAllConnections();
    await guardian.close();
  };
  try {
    const [dataPort, controlPort] = await Promise.all([listen(data, config.dataPort, config.host), listen(control, config.controlPort, config.host)]);
    void rehearse(config.scratch, instance);
    return {
      dataPort,
      controlPort,
      close,
      async drainAndClose() {
        await instance.drain(instance.document?.timeoutMs ?? 0);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function prepareScratch(path: string): string {
  // Stack traces name the real path.
  const scratch = realpathSync(path);
  mkdirSync(join(scratch, 'tmp'), { recursive: true });
  rmSync(join(scratch, 'code'), { recursive: true, force: true });
  // A package without a package.json of its own must not take the module type of whatever folder scratch happens to be in.
  writeFileSync(join(scratch, 'package.json'), '{}\n');
  return scratch;
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => resolve((server.address() as AddressInfo).port));
  });
}
