import { writeSync } from 'node:fs';
import { parseConfig } from './config.ts';
import { createLog } from './log.ts';
import { createSupervisor } from './supervisor.ts';

/** Entry of the Node.js watcher: see protocol/watcher.md. */
const EXIT_CONFIG = 78;
const FLUSH_MS = 500;

const parsed = parseConfig(process.env);
if (parsed.kind === 'invalid') {
  writeSync(1, `${JSON.stringify({ time: new Date().toISOString(), level: 'error', msg: 'invalid configuration', problems: parsed.problems })}\n`);
  process.exit(EXIT_CONFIG);
}

const { config } = parsed;
const log = createLog(process.stdout);
// A reader of our log that goes away is no reason to stop serving.
process.stdout.on('error', () => undefined);

const exit = async (code: number): Promise<never> => {
  await log.flush(FLUSH_MS);
  process.exit(code);
};

try {
  const supervisor = await createSupervisor(config, log);
  let ending = false;
  const endAtOnce = (code: number) => void supervisor.close().then(() => exit(code));
  process.on('SIGINT', () => endAtOnce(130));
  process.on('SIGTERM', () => {
    if (ending) return endAtOnce(143);
    ending = true;
    void supervisor.drainAndClose().then(() => exit(0));
  });
  log.write('info', 'listening', { instance: config.instance, dataPort: supervisor.dataPort, controlPort: supervisor.controlPort });
} catch (error) {
  log.write('error', 'the watcher could not start', { error: error instanceof Error ? error.message : String(error) });
  await exit(1);
}
