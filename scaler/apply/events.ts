import { randomUUID } from 'node:crypto';
import { SCALER_NAME } from '../../protocol/cluster-names.ts';
import { API_VERSION } from '../../protocol/names.ts';
import type { KindName } from '../../protocol/schema/resources.ts';
import { type KubernetesClient, resourcePath } from '../../kit/kubernetes/client.ts';
import type { Log } from '../../kit/log.ts';
import { createEventBudget, type NewEvent } from '../decide/events.ts';

/** What an event is about. */
export interface Subject {
  readonly kind: KindName;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** Tells operators beside the object, where `kubectl describe` shows it. */
export interface Events {
  tell(subject: Subject, event: NewEvent): void;
}

const BUDGET = { burst: 5, refillMs: 60_000 };
/** The API server's limit of `note`. */
const MAX_NOTE_BYTES = 1024;

/** Events of the cluster (events.k8s.io/v1). One that is not taken is lost: the condition says the same. */
export function createClusterEvents({ client, reporter, log, now = Date.now }: ClusterEventsDeps): Events {
  const budget = createEventBudget(BUDGET);
  return {
    tell(subject, { type, reason, message }) {
      const { kind, namespace, name, uid } = subject;
      if (!budget.take(`${kind} ${uid}`, now())) return;
      const body = {
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        metadata: { namespace, name: `${name.slice(0, 200)}.${randomUUID()}` },
        eventTime: new Date(now()).toISOString().replace('Z', '000Z'),
        reportingController: SCALER_NAME,
        reportingInstance: reporter,
        action: 'Reconcile',
        type,
        reason,
        note: cut(message === '' ? reason : message),
        regarding: { apiVersion: API_VERSION, kind, namespace, name, uid },
      };
      client.request('POST', resourcePath({ group: 'events.k8s.io', version: 'v1', plural: 'events', namespace }), { body }).catch((error: Error) => {
        log.debug('an event was not taken', { reason, object: `${kind} ${namespace}/${name}`, problem: error.message });
      });
    },
  };
}

export interface ClusterEventsDeps {
  readonly client: Pick<KubernetesClient, 'request'>;
  /** This process. */
  readonly reporter: string;
  readonly log: Log;
  readonly now?: () => number;
}

function cut(text: string): string {
  const bytes = Buffer.from(text);
  return bytes.length <= MAX_NOTE_BYTES
    ? text
    : `${bytes
        .subarray(0, MAX_NOTE_BYTES - 8)
        .toString()
        .replace(/\uFFFD+$/, '')}…`;
}
