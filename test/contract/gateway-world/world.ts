import { createGateway, type Gateway, type GatewayOptions } from '../../../gateway/gateway.ts';
import { silentLog } from '../../../kit/log.ts';
import type { Store } from '../../../kit/store/store.ts';
import type { GatewayConfig } from '../../../protocol/config.ts';
import { type FakeLeader, fakeLeader } from './fake-leader.ts';
import { type FakeWatcher, fakeWatcher, type FakeWatcherOptions } from './fake-watcher.ts';
import { memoryStore } from './memory-store.ts';
import { fn, trigger } from './objects.ts';

export const TOKEN = 'secret';

/** Gateways, a leader and watchers of one test. */
export interface World {
  readonly store: Store;
  readonly leader: FakeLeader;
  /** Base URL of the first gateway's invocations. */
  readonly url: string;
  readonly gateway: Gateway;
  /** A Function and an HTTP trigger of its name. */
  declare(name: string, spec?: Parameters<typeof fn>[1]): Promise<void>;
  /** Starts a watcher and announces it. */
  serve(options: FakeWatcherOptions): Promise<FakeWatcher>;
  /** Starts one without telling. */
  watcher(options: FakeWatcherOptions): Promise<FakeWatcher>;
  addGateway(config?: Partial<GatewayConfig>): Promise<Gateway>;
  close(): Promise<void>;
}

export async function createWorld(config: Partial<GatewayConfig> = {}, options: Partial<GatewayOptions> = {}): Promise<World> {
  const store = memoryStore();
  const leader = await fakeLeader(TOKEN);
  const closers: (() => Promise<void>)[] = [() => leader.close()];
  let gateways = 0;
  const addGateway = async (own: Partial<GatewayConfig> = {}) => {
    const gatewayId = `g${++gateways}`;
    const gateway = await createGateway({
      config: Object.freeze({
        world: 'local',
        storeDir: '',
        publicPort: 0,
        drainDelayMs: 0,
        internalToken: TOKEN,
        logLevel: 'error',
        host: '127.0.0.1',
        gatewayId,
        port: 0,
        adminPort: 0,
        scalerUrl: leader.url,
        logDir: '',
        zone: '',
        retries: 'on',
        connectionsPerAddress: 2048,
        ...config,
        ...own,
      }) as GatewayConfig,
      store,
      log: silentLog,
      ...options,
    });
    closers.unshift(() => gateway.close());
    await leader.hears('hello', (hello) => hello.gateway === gatewayId);
    return gateway;
  };
  const gateway = await addGateway();
  const watcher = async (given: FakeWatcherOptions) => {
    const started = await fakeWatcher(given);
    closers.push(() => started.close());
    return started;
  };
  return {
    store,
    leader,
    gateway,
    url: gateway.invocations.url,
    async declare(name, spec) {
      await store.apply(fn(name, spec));
      await store.apply(trigger(name, { path: `/${name}` }));
    },
    watcher,
    async serve(given) {
      const started = await watcher(given);
      leader.announce(started.instance);
      return started;
    },
    addGateway,
    async close() {
      for (const closer of closers.splice(0)) await closer();
    },
  };
}
