import { parseConfig } from '../kit/config.ts';
import { createLog } from '../kit/log.ts';
import { scalerConfig } from '../protocol/config.ts';
import { openScalerPort } from './api/port.ts';
import { createScaler } from './scaler.ts';
import { openKubernetesWorld } from './worlds/kubernetes.ts';
import { openLocalWorld } from './worlds/local.ts';

const config = parseConfig(scalerConfig, process.env);
const log = createLog({ name: 'scaler', level: config.logLevel });
const closers: (() => Promise<void>)[] = [];
const waiting = new AbortController();

let ending = false;
async function end(signal: string): Promise<void> {
  if (ending) process.exit(1);
  ending = true;
  log.info('ending', { signal });
  waiting.abort();
  for (const close of closers.reverse()) await close();
  process.exit(0);
}
process.on('SIGTERM', (signal) => void end(signal));
process.on('SIGINT', (signal) => void end(signal));

function failed(err: unknown): Promise<never> {
  if (!ending) {
    log.error('the scaler could not start', { err });
    process.exit(1);
  }
  return new Promise(() => undefined);
}

const port = await openScalerPort(config);
closers.push(() => port.close());
const openWorld = config.world === 'kubernetes' ? openKubernetesWorld : openLocalWorld;
const world = await openWorld({ config, log, env: process.env, onStandby: () => port.standBy(), signal: waiting.signal }).catch(failed);
closers.push(() => world.close());
const { leadership } = world;
void leadership.lost.then((reason) => {
  // From here on another may act: nothing is ended in order, and nothing more is said to anyone.
  log.warn('this scaler leads no longer; it ends, to start again as a standby', { epoch: leadership.epoch, reason });
  process.exit(1);
});
const scaler = await createScaler({ config, log, world, port }).catch(failed);
closers.push(() => scaler.close());
await world.announce(port.port).catch(failed);
log.info('listening', { port: port.port, url: port.url, epoch: leadership.epoch });
