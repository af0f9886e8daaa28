import type { Container } from '../../protocol/schema/container.ts';
import type { FunctionRuntime } from '../../protocol/schema/fields.ts';
import type { Placement } from '../../protocol/schema/placement.ts';

/** What an instance is made from. Two functions with equal templates may share a pool. */
export interface InstanceTemplate {
  /** Unique: `pool:<namespace>/<name>` or `cold:<namespace>/<function>`, and what changes it (`#<digest>`). */
  readonly key: string;
  readonly namespace: string;
  readonly runtime: FunctionRuntime;
  readonly memoryBytes: number;
  /** Where pods may run; child processes run here. */
  readonly placement?: Placement;
  readonly owner: TemplateOwner;
  /** Of runtime `container`: what runs, in place of a watcher. */
  readonly container?: ContainerTemplate;
}

/** A container with all that it is told: another one is another template. Secrets by name alone; whoever starts it looks up their values. */
export interface ContainerTemplate extends Container {
  /** But for `PORT`, which is the port. */
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: readonly { readonly env: string; readonly name: string; readonly key: string }[];
}

/** The resource that a template comes from. */
export interface TemplateOwner {
  readonly kind: 'PodPool' | 'Function';
  readonly name: string;
  /** What is made from the template goes when the object with this UID goes. Absent: nothing is linked. */
  readonly uid?: string;
}

/** Whose instance it is: one Function's for its whole life, of one Revision after the other. */
export interface Assignment {
  readonly function: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly revision: { readonly name: string; readonly uid: string };
  /** Digest of what it serves. */
  readonly content: string;
}

export type InstanceState = 'starting' | 'idle' | 'leased' | 'stopping';

/** A watcher, or a container without one, that runs or starts. */
export interface Instance {
  readonly id: string;
  readonly template: InstanceTemplate;
  readonly state: InstanceState;
  /** `host:port`, once it listens. */
  readonly dataAddress?: string;
  /** `http://host:port` of its watcher, once it listens. A container has none. */
  readonly controlUrl?: string;
  readonly zone?: string;
  readonly startedAt: number;
  /** What was recorded by `assign`, also by a scaler before this one. */
  readonly assignment?: Assignment;
}

export type FleetEvent =
  | { readonly type: 'idle'; readonly instance: Instance }
  /** Something else ends it (a node is drained, someone deleted it): it still finishes what runs, and takes nothing new. `gone` follows. */
  | { readonly type: 'leaving'; readonly instance: Instance; readonly reason: string }
  | { readonly type: 'gone'; readonly instance: Instance; readonly reason: string }
  /** An instance of this template did not come up; the fleet goes on trying with a back-off. */
  | { readonly type: 'failing'; readonly template: InstanceTemplate; readonly reason: string; readonly retryAtMs: number };

/** The fleet: child processes here, pods in a cluster. */
export interface Fleet {
  /** Keeps this many unleased instances (idle and starting) of the template; fewer stops idle ones. Starts at once, in parallel within the machine's limits. */
  keep(template: InstanceTemplate, unleased: number): void;
  /** Takes an idle instance, in memory and at once: nothing else gets it from then on. */
  lease(templateKey: string): Instance | undefined;
  /** Takes this one if it is idle, as `lease` does: a new leader found that it was specialized already. */
  claim(id: string): Instance | undefined;
  /**
   * Records where others can see it that a leased instance serves this; one that still waits is leased by it. To be called after it was specialized and after each update.
   * Resolves once recorded, or when the instance is gone; tries again until then. Nothing waits for it.
   */
  assign(id: string, assignment: Assignment): Promise<void>;
  /** Ends an instance for good: SIGTERM, then SIGKILL after the grace. Resolves when it is gone. */
  stop(id: string, graceMs: number): Promise<void>;
  list(): readonly Instance[];
  /** Whether `list()` is how things are now; while false it may be old, and nothing should be ended because of it. */
  readonly connected: boolean;
  subscribe(listener: (event: FleetEvent) => void): () => void;
  /** Runtimes that cannot start here, with the reason and the way out. */
  unavailable(runtime: FunctionRuntime): string | undefined;
  close(): Promise<void>;
}
