import { API_GROUP } from '../../protocol/names.ts';
import type { ClusterObject } from './cluster-object.ts';

/** Whether an object does what it was made for. */
export type Verdict =
  | { readonly kind: 'ready' }
  | { readonly kind: 'waiting'; readonly why: string }
  /** It will not come by itself, as it looks now. */
  | { readonly kind: 'failing'; readonly why: string };

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly observedGeneration?: number;
}

interface Status {
  readonly observedGeneration?: number;
  readonly conditions?: readonly Condition[];
  readonly phase?: string;
  readonly replicas?: number;
  readonly updatedReplicas?: number;
  readonly availableReplicas?: number;
  readonly readyReplicas?: number;
  readonly desiredNumberScheduled?: number;
  readonly updatedNumberScheduled?: number;
  readonly numberAvailable?: number;
  readonly succeeded?: number;
}

const READY: Verdict = { kind: 'ready' };

/** The verdict on an object as the API server has it; kinds that never become ready are so at once. */
export function judgeReadiness(object: ClusterObject): Verdict {
  const judge = object.apiVersion.startsWith(`${API_GROUP}/`) ? OWN[object.kind] : JUDGES[object.kind];
  return judge ? judge(object, statusOf(object)) : READY;
}

/** What nobody filled in yet may be there as null: `conditions` of a CRD that was just made. */
function statusOf(object: ClusterObject): Status {
  return Object.fromEntries(Object.entries(object['status'] ?? {}).filter(([, value]) => value !== null));
}

/** Whether it makes sense to wait for such an object. */
export function canBecomeReady({ apiVersion, kind }: Pick<ClusterObject, 'apiVersion' | 'kind'>): boolean {
  return Object.hasOwn(apiVersion.startsWith(`${API_GROUP}/`) ? OWN : JUDGES, kind);
}

type Judge = (object: ClusterObject, status: Status) => Verdict;

const OWN: Readonly<Record<string, Judge>> = {
  Function: byCondition('Ready'),
  Trigger: byCondition('Accepted'),
};

const JUDGES: Readonly<Record<string, Judge>> = {
  CustomResourceDefinition: (_, { conditions = [] }) => {
    const refused = conditions.find(({ type, status }) => type === 'NamesAccepted' && status === 'False');
    if (refused) return { kind: 'failing', why: sentence(refused) };
    return conditions.some(({ type, status }) => type === 'Established' && status === 'True') ? READY : waiting('the API server does not serve it yet');
  },
  Namespace: (_, { phase }) => (phase === 'Active' ? READY : waiting(`it is ${phase ?? 'not there yet'}`)),
  Deployment: judgeDeployment,
  StatefulSet: (object, { readyReplicas = 0, updatedReplicas = 0, ...status }) => {
    const { replicas = 1 } = object['spec'] as { replicas?: number };
    if (!isSeen(object, status)) return waiting('its controller has not looked at it yet');
    return readyReplicas >= replicas && updatedReplicas >= replicas ? READY : waiting(`${Math.min(readyReplicas, updatedReplicas)} of ${replicas} pods ready`);
  },
  DaemonSet: (object, { desiredNumberScheduled = 0, updatedNumberScheduled = 0, numberAvailable = 0, ...status }) => {
    if (!isSeen(object, status)) return waiting('its controller has not looked at it yet');
    const there = Math.min(updatedNumberScheduled, numberAvailable);
    return there >= desiredNumberScheduled ? READY : waiting(`${there} of ${desiredNumberScheduled} pods ready`);
  },
  Job: (_, { conditions = [] }) => {
    const failed = conditions.find(({ type, status }) => type === 'Failed' && status === 'True');
    if (failed) return { kind: 'failing', why: sentence(failed) };
    return conditions.some(({ type, status }) => type === 'Complete' && status === 'True') ? READY : waiting('it runs');
  },
};

function judgeDeployment(object: ClusterObject, status: Status): Verdict {
  const { replicas = 1 } = object['spec'] as { replicas?: number };
  const { updatedReplicas = 0, availableReplicas = 0, replicas: all = 0, conditions = [] } = status;
  if (!isSeen(object, status)) return waiting('its controller has not looked at it yet');
  const refused = conditions.find(({ type, status: value }) => type === 'ReplicaFailure' && value === 'True');
  if (refused) return { kind: 'failing', why: sentence(refused) };
  const late = conditions.find(({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded');
  if (late) return { kind: 'failing', why: sentence(late) };
  if (updatedReplicas < replicas) return waiting(`${updatedReplicas} of ${replicas} pods are new`);
  if (all > updatedReplicas) return waiting(`${all - updatedReplicas} old pods are ending`);
  return availableReplicas >= updatedReplicas ? READY : waiting(`${availableReplicas} of ${replicas} pods ready`);
}

/** Our kinds say it in a condition about the generation that is there. */
function byCondition(wanted: string): Judge {
  return ({ metadata }, { conditions = [] }) => {
    const condition = conditions.find(({ type }) => type === wanted);
    if (!condition || (condition.observedGeneration ?? 0) < (metadata.generation ?? 0)) return waiting('the scaler has not looked at it yet');
    if (condition.status === 'True') return READY;
    return { kind: condition.status === 'False' ? 'failing' : 'waiting', why: sentence(condition) };
  };
}

function isSeen({ metadata }: ClusterObject, { observedGeneration = 0 }: Status): boolean {
  return observedGeneration >= (metadata.generation ?? 0);
}

function sentence({ reason = '', message = '' }: Condition): string {
  return message === '' ? reason : `${reason}: ${message}`;
}

function waiting(why: string): Verdict {
  return { kind: 'waiting', why };
}
