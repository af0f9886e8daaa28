import { ANNOTATIONS, LABELS } from '../../../protocol/names.ts';
import type { Assignment, InstanceTemplate } from '../fleet.ts';

/** What the fleet knows of a pod. */
export interface PodView {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly createdAt: number;
  /** The Deployment that it is one of; absent once a function took it from its pool. */
  readonly workload?: string;
  readonly template: InstanceTemplate;
  readonly assignment?: Assignment;
  readonly node?: string;
  readonly ip?: string;
  readonly ready: boolean;
  /** Its end was asked for: when it is due at the latest. */
  readonly endsBy?: number;
  /** It ended by itself, or its node ended it; why. */
  readonly finished?: string;
  readonly restarts: number;
  /** Why its container ran no more before the last restart. */
  readonly lastEnd?: string;
  /** Why it does not come up, in the words of Kubernetes. */
  readonly problem?: string;
}

interface RawPod {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly podIP?: string;
    readonly conditions?: readonly RawCondition[];
    readonly containerStatuses?: readonly RawContainer[];
  };
}

interface RawCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

interface RawContainer {
  readonly restartCount: number;
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string }; readonly terminated?: RawTerminated };
  readonly lastState?: { readonly terminated?: RawTerminated };
}

interface RawTerminated {
  readonly exitCode: number;
  readonly reason?: string;
  readonly message?: string;
}

/** Reasons for which a container waits that pass by themselves. */
const PASSING = ['ContainerCreating', 'PodInitializing'];

/** A pod as the API server sends it; undefined where it is none of the fleet's. */
export function parsePod(raw: unknown): PodView | undefined {
  const { metadata, spec, status } = raw as RawPod;
  const template = parseTemplate(metadata.annotations?.[ANNOTATIONS.instanceTemplate]);
  if (!template) return undefined;
  const [container] = status?.containerStatuses ?? [];
  const lastEnd = container?.lastState?.terminated ?? container?.state?.terminated;
  return compact({
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    createdAt: Date.parse(metadata.creationTimestamp),
    workload: metadata.labels?.[LABELS.workload],
    template,
    assignment: parseAssignment(metadata.annotations?.[ANNOTATIONS.assignment]),
    node: spec?.nodeName,
    ip: status?.podIP,
    ready: conditionOf(status?.conditions, 'Ready')?.status === 'True',
    endsBy: metadata.deletionTimestamp === undefined ? undefined : Date.parse(metadata.deletionTimestamp),
    finished: finishedReason(status),
    restarts: container?.restartCount ?? 0,
    lastEnd: lastEnd && describeEnd(lastEnd),
    problem: problemOf(status, container),
  });
}

/** Why a pod as the API server sends it does not come up, in the words of Kubernetes; undefined where nothing hinders it. */
export function podProblem(raw: unknown): string | undefined {
  const { status } = raw as RawPod;
  return finishedReason(status) ?? problemOf(status, status?.containerStatuses?.[0]);
}

/** `host:port` of a pod's address. */
export function addressOf(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** From the annotation that `renderWorkload` sets. */
export function parseTemplate(json: string | undefined): InstanceTemplate | undefined {
  const value = parseRecord(json);
  return typeof value?.['key'] === 'string' && typeof value['owner'] === 'object' ? (value as unknown as InstanceTemplate) : undefined;
}

function parseAssignment(json: string | undefined): Assignment | undefined {
  const value = parseRecord(json);
  return typeof value?.['content'] === 'string' && typeof value['function'] === 'object' ? (value as unknown as Assignment) : undefined;
}

function finishedReason(status: RawPod['status']): string | undefined {
  if (status?.phase !== 'Failed' && status?.phase !== 'Succeeded') return undefined;
  return said(status.reason ?? `its pod ended (${status.phase})`, status.message);
}

function problemOf(status: RawPod['status'], container: RawContainer | undefined): string | undefined {
  const scheduled = conditionOf(status?.conditions, 'PodScheduled');
  if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') return said('Unschedulable', scheduled.message);
  const waiting = container?.state?.waiting;
  if (!waiting?.reason || PASSING.includes(waiting.reason)) return undefined;
  const last = container?.lastState?.terminated;
  return said(waiting.reason, last && waiting.reason === 'CrashLoopBackOff' ? describeEnd(last) : waiting.message);
}

function describeEnd({ reason, exitCode, message }: RawTerminated): string {
  return said(
    reason === undefined || reason === 'Error' || reason === 'Completed' ? `its container exited with code ${exitCode}` : `its container ended: ${reason}`,
    message,
  );
}

function said(reason: string, message: string | undefined): string {
  return message ? `${reason}: ${message}` : reason;
}

function conditionOf(conditions: readonly RawCondition[] = [], type: string): RawCondition | undefined {
  return conditions.find((condition) => condition.type === type);
}

function parseRecord(json: string | undefined): Record<string, unknown> | undefined {
  if (json === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

type Present<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

function compact<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Present<T>;
}
