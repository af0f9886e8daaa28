import { mkdir } from 'node:fs/promises';
import { extname } from 'node:path';
import { parseConfig } from '../kit/config.ts';
import { createLocalFleet } from '../kit/fleet/local.ts';
import { createLog } from '../kit/log.ts';
import { createFileStore } from '../kit/store/files.ts';
import { scalerConfig } from '../protocol/config.ts';
import { createLocalLeadership } from './leader/local.ts';
import { loadSigningKey } from './leader/signing-key.ts';
import { startRules } from './rules/rules.ts';
import { createScaler, type ScalerDeps } from './scaler.ts';

const config = parseConfig(scalerConfig, process.env);
const log = createLog({ name: 'scaler', level: config.logLevel });
await mkdir(config.stateDir, { recursive: true });
const key = await loadSigningKey(config.stateDir);
const leadership = await createLocalLeadership(config.stateDir);
const store = await createFileStore(config.storeDir);
const programs = { node: process.execPath, python: config.python, ext: extname(import.meta.url) };
const fleet = await createLocalFleet({ runtimesDir: config.runtimesDir, stateDir: config.stateDir, publicKey: key.publicKey, programs });
const { prometheusUrl, alertmanagerUrl, rulesFile } = config;
const monitored = prometheusUrl !== '' && alertmanagerUrl !== '' && rulesFile !== '';
const startRulesHere: ScalerDeps['startRules'] = (hooks) => startRules({ ...hooks, store, prometheusUrl, alertmanagerUrl, rulesFile, log });
const scaler = await createScaler({ config, log, store, fleet, leadership, key, startRules: monitored ? startRulesHere : undefined });
log.info('listening', { port: scaler.port, url: scaler.url, epoch: leadership.epoch });

let ending = false;
async function end(signal: string): Promise<void> {
  if (ending) process.exit(1);
  ending = true;
  log.info('ending', { signal });
  await scaler.close();
  await fleet.close();
  await Promise.all([store.close(), leadership.close()]);
  process.exit(0);
}
process.on('SIGTERM', (signal) => void end(signal));
process.on('SIGINT', (signal) => void end(signal));
