import { parseConfig } from '../kit/config.ts';
import { createLog, type LogLevel } from '../kit/log.ts';
import { artifactsConfig } from '../protocol/config.ts';
import { createArtifacts } from './artifacts.ts';

const startLog = createLog({ name: 'artifacts' });
try {
  const config = parseConfig(artifactsConfig, process.env);
  const log = createLog({ name: 'artifacts', level: config.logLevel as LogLevel });
  const artifacts = await createArtifacts({ config, log });
  log.info('listening', { port: artifacts.port, writable: config.internalToken !== '' });

  const stop = async (signal: string) => {
    log.info('ending', { signal });
    await artifacts.close();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop('SIGTERM'));
  process.once('SIGINT', () => void stop('SIGINT'));
} catch (err) {
  startLog.error('the artifact service could not start', { err });
  process.exit(1);
}
