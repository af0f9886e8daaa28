import { stringify } from 'yaml';
import { ADMIN_PATHS, SCALER_PATHS } from '../names.ts';

/** Values of the label `job`. */
export const JOBS = {
  gateway: 'fibonacci-gateway',
  scaler: 'fibonacci-scaler',
  watcher: 'fibonacci-watcher',
} as const;

/** What Prometheus is started with, wherever it runs: data for the rules' windows alone, and alerts that are told often. */
export const PROMETHEUS_FLAGS = [
  '--storage.tsdb.retention.time=6h',
  '--storage.tsdb.retention.size=256MB',
  '--web.enable-lifecycle',
  // A firing alert is told again this often, and is resolved after four times this without Prometheus.
  '--rules.alert.resend-delay=5s',
  '--query.lookback-delta=15s',
  '--query.timeout=10s',
  '--query.max-samples=5000000',
  '--log.level=warn',
] as const;

/** Servers behind one DNS name, each an address of it. */
export interface DnsTargets {
  readonly name: string;
  readonly port: number;
}

export interface PrometheusConfigOptions {
  /** `host:port` of each gateway's admin port, or where to find them. */
  readonly gateways: readonly string[] | DnsTargets;
  /** `host:port` of each scaler. */
  readonly scalers: readonly string[];
  /** `host:port` of Alertmanager. */
  readonly alertmanager: string;
  /** Absolute paths or globs of the rules. */
  readonly ruleFiles: readonly string[];
  /** File with the internal token, for the list of watchers. */
  readonly tokenFile: string;
}

/** Prometheus' configuration: gateways and scaler each second, watchers each 5 seconds. Rule groups state their own interval. */
export function renderPrometheusConfig({ gateways, scalers, alertmanager, ruleFiles, tokenFile }: PrometheusConfigOptions): string {
  const fast = { scrape_interval: '1s', scrape_timeout: '1s', body_size_limit: '16MB' };
  return stringify({
    global: { scrape_interval: '5s', scrape_timeout: '5s', evaluation_interval: '1s' },
    rule_files: ruleFiles,
    alerting: { alertmanagers: [{ timeout: '5s', static_configs: [{ targets: [alertmanager] }] }] },
    scrape_configs: [
      { job_name: JOBS.gateway, ...fast, metrics_path: ADMIN_PATHS.metrics, ...gatewayTargets(gateways) },
      { job_name: JOBS.scaler, ...fast, metrics_path: SCALER_PATHS.metrics, static_configs: [{ targets: scalers }] },
      {
        job_name: JOBS.watcher,
        body_size_limit: '1MB',
        sample_limit: 1000,
        http_sd_configs: scalers.map((scaler) => ({
          url: `http://${scaler}${SCALER_PATHS.targets}`,
          refresh_interval: '5s',
          // The type is said: service discovery of Prometheus 2 has no default for it.
          authorization: { type: 'Bearer', credentials_file: tokenFile },
        })),
        // What user code can influence must not become a series of the platform.
        metric_relabel_configs: [{ source_labels: ['__name__'], regex: 'function_watcher_.*', action: 'keep' }],
      },
    ],
  });
}

function gatewayTargets(gateways: PrometheusConfigOptions['gateways']): object {
  if (!('name' in gateways)) return { static_configs: [{ targets: gateways }] };
  return { dns_sd_configs: [{ names: [gateways.name], type: 'A', port: gateways.port, refresh_interval: '5s' }] };
}
