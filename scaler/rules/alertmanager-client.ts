import { ALERTS } from '../../protocol/names.ts';
import type { JsonClient } from './json-client.ts';

/** An alert of ours, as Alertmanager sees it now. */
export interface AlertView {
  readonly alert: string;
  /** `<namespace>/<name>`. */
  readonly function: string;
  /** Of a custom expression that is its own alert. */
  readonly rule?: string;
  /** `unprocessed`: not yet looked at against silences and inhibitions. */
  readonly state: 'active' | 'suppressed' | 'unprocessed';
  readonly silenced: boolean;
  readonly inhibited: boolean;
  readonly endsAt: number;
}

export interface Matcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  /** Absent means true. */
  readonly isEqual?: boolean;
}

/** A silence that is in force; all its matchers must match. */
export interface Silence {
  readonly id: string;
  readonly matchers: readonly Matcher[];
}

export interface AlertmanagerClient {
  /** Scale-up and scale-down alerts that are firing, suppressed ones included. */
  alerts(): Promise<AlertView[]>;
  silences(): Promise<Silence[]>;
}

/** Alertmanager's API v2, 0.25 and later. */
export function createAlertmanagerClient(http: JsonClient): AlertmanagerClient {
  const list = async (path: string): Promise<unknown[]> => {
    const { status, body } = await http.get(path);
    if (status !== 200 || !Array.isArray(body)) throw new Error(`Alertmanager answered ${status} to ${path}`);
    return body;
  };
  const filter = encodeURIComponent(`alertname=~"${ALERTS.scaleUp}|${ALERTS.scaleDown}"`);
  return {
    async alerts() {
      const found = await list(`/api/v2/alerts?filter=${filter}`);
      return found.map((alert) => toAlert(alert as RawAlert));
    },
    async silences() {
      const found = (await list('/api/v2/silences')) as RawSilence[];
      return found.filter(({ status }) => status.state === 'active').map(({ id, matchers }) => ({ id, matchers }));
    },
  };
}

interface RawAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly status: { readonly state: AlertView['state']; readonly silencedBy: readonly string[]; readonly inhibitedBy: readonly string[] };
  readonly endsAt: string;
}

interface RawSilence extends Silence {
  readonly status: { readonly state: 'active' | 'pending' | 'expired' };
}

function toAlert({ labels, status, endsAt }: RawAlert): AlertView {
  const { alertname = '', function_name: fn = '', rule } = labels;
  return {
    alert: alertname,
    function: fn,
    ...(rule !== undefined && { rule }),
    state: status.state,
    silenced: status.silencedBy.length > 0,
    inhibited: status.inhibitedBy.length > 0,
    endsAt: Date.parse(endsAt),
  };
}
