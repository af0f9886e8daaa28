import { fileURLToPath } from 'node:url';

export interface Programs {
  readonly prometheus: string;
  readonly promtool: string;
  readonly alertmanager: string;
}

/** Prometheus and Alertmanager as `npm test` found them, else as it would. @throws Error with the way out */
export async function monitoringPrograms(): Promise<Programs> {
  const { FIB_PROMETHEUS: prometheus, FIB_PROMTOOL: promtool, FIB_ALERTMANAGER: alertmanager } = process.env;
  if (prometheus && promtool && alertmanager) return { prometheus, promtool, alertmanager };
  const root = new URL('../../../', import.meta.url);
  const { ensureMonitoring } = (await import(new URL('bootstrap/monitoring.mjs', root).href)) as {
    ensureMonitoring(options: { cacheDir: string }): Promise<Programs | { missing: string; wayOut: string }>;
  };
  const found = await ensureMonitoring({ cacheDir: fileURLToPath(new URL('.cache/monitoring', root)) });
  if ('missing' in found) throw new Error(`${found.missing}; run: ${found.wayOut}`);
  return found;
}
