import type { Runtime } from '../../protocol/schema/fields.ts';

/** What an instance is made from. Two functions with equal templates may share a pool. */
export interface InstanceTemplate {
  /** Unique: `pool:<namespace>/<name>` or `cold:<namespace>/<function>`, and what changes it (`#<digest>`). */
  readonly key: string;
  readonly namespace: string;
  readonly runtime: Runtime;
  readonly memoryBytes: number;
}

export type InstanceState = 'starting' | 'idle' | 'leased' | 'stopping';

/** A watcher that runs or starts. */
export interface Instance {
  readonly id: string;
  readonly template: InstanceTemplate;
  readonly state: InstanceState;
  /** `host:port`, once it listens. */
  readonly dataAddress?: string;
  /** `http://host:port`, once it listens. */
  readonly controlUrl?: string;
  readonly zone?: string;
  readonly startedAt: number;
}

export type FleetEvent =
  | { readonly type: 'idle'; readonly instance: Instance }
  | { readonly type: 'gone'; readonly instance: Instance; readonly reason: string }
  /** An instance of this template did not come up; the fleet goes on trying with a back-off. */
  | { readonly type: 'failing'; readonly template: InstanceTemplate; readonly reason: string; readonly retryAtMs: number };

/** The fleet: child processes here, pods in a cluster. */
export interface Fleet {
  /** Keeps this many unleased instances (idle and starting) of the template; fewer stops idle ones. Starts at once, in parallel within the machine's limits. */
  keep(template: InstanceTemplate, unleased: number): void;
  /** Takes an idle instance, in memory and at once: nothing else gets it from then on. */
  lease(templateKey: string): Instance | undefined;
  /** Ends an instance for good: SIGTERM, then SIGKILL after the grace. Resolves when it is gone. */
  stop(id: string, graceMs: number): Promise<void>;
  list(): readonly Instance[];
  subscribe(listener: (event: FleetEvent) => void): () => void;
  /** Runtimes that cannot start here, with the reason and the way out. */
  unavailable(runtime: Runtime): string | undefined;
  close(): Promise<void>;
}
