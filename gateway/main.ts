import { parseConfig } from '../kit/config.ts';
import { createLog, type LogLevel } from '../kit/log.ts';
import { createFileStore } from '../kit/store/files.ts';
import { gatewayConfig } from '../protocol/config.ts';
import { createGateway } from './gateway.ts';

const startLog = createLog({ name: 'gateway' });
try {
  const config = parseConfig(gatewayConfig, process.env);
  const log = createLog({ name: 'gateway', level: config.logLevel as LogLevel });
  const store = await createFileStore(config.storeDir);
  const gateway = await createGateway({ config, store, log });
  log.info('listening', { gateway: config.gatewayId, port: gateway.invocations.port, adminPort: gateway.admin.port });

  const stop = async (signal: string) => {
    log.info('draining', { signal });
    await gateway.close();
    await store.close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop('SIGTERM'));
  process.once('SIGINT', () => void stop('SIGINT'));
} catch (err) {
  startLog.error('the gateway could not start', { err });
  process.exit(1);
}
