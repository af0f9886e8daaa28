import { stringify } from 'yaml';
import { ALERTS, SCALER_PATHS } from '../names.ts';

/** What Alertmanager is started with, wherever it runs: alone, since the scaler reads its alerts anyway. */
export const ALERTMANAGER_FLAGS = ['--cluster.listen-address=', '--log.level=warn'] as const;

export interface AlertmanagerConfigOptions {
  /** Base URL of the scaler. */
  readonly scalerUrl: string;
  /** File with the internal token. */
  readonly tokenFile: string;
}

/**
 * Alertmanager's configuration: one group a function, told at once; a scale-up inhibits the scale-down of the same function. The webhook is only a nudge (the scaler reads the alerts themselves), so other alerts than ours are not sent to it.
 */
export function renderAlertmanagerConfig({ scalerUrl, tokenFile }: AlertmanagerConfigOptions): string {
  return stringify({
    route: {
      receiver: 'none',
      routes: [
        {
          receiver: 'scaler',
          matchers: [`alertname=~"${ALERTS.scaleUp}|${ALERTS.scaleDown}"`],
          group_by: ['namespace', 'function'],
          group_wait: '0s',
          group_interval: '1s',
          repeat_interval: '1m',
        },
      ],
    },
    inhibit_rules: [
      { source_matchers: [`alertname="${ALERTS.scaleUp}"`], target_matchers: [`alertname="${ALERTS.scaleDown}"`], equal: ['namespace', 'function'] },
    ],
    receivers: [
      { name: 'none' },
      {
        name: 'scaler',
        webhook_configs: [
          {
            url: `${scalerUrl}${SCALER_PATHS.alerts}`,
            send_resolved: true,
            max_alerts: 10,
            http_config: { authorization: { type: 'Bearer', credentials_file: tokenFile } },
          },
        ],
      },
    ],
  });
}
