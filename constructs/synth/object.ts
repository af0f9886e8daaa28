import type { CodeOrder } from '../code-form.ts';
import { DIGEST_ANNOTATION } from '../../protocol/package-config-map.ts';

/** Any Kubernetes object, as plain data. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** Whether it is the ConfigMap of a code package. Its name follows from its content: nobody changes one. */
export function isPackageConfigMap({ kind, metadata }: KubernetesObject): boolean {
  return kind === 'ConfigMap' && metadata.annotations?.[DIGEST_ANNOTATION] !== undefined;
}

/** What is applied before what. */
export const PHASES = ['crd', 'namespace', 'rbac', 'config', 'workload', 'resource', 'webhook'] as const;
export type Phase = (typeof PHASES)[number];

/** Folders of manifests, in the order to apply them: the platform's own parts, and what runs on it. */
export const TREES = ['platform', 'functions'] as const;
export type TreeName = (typeof TREES)[number];

/** One object of a synthesized stack. */
export interface SynthObject {
  /** Unique and stable: `Function/default/hello`, `Namespace/shop`; other API groups than Kubernetes' and ours as `Kind.group/…`. */
  readonly id: string;
  /** Path of the construct that made it. */
  readonly path: string;
  readonly object: KubernetesObject;
  readonly phase: Phase;
  readonly tree: TreeName;
  /** Ids of the objects that it needs; they stand before it. */
  readonly deps: readonly string[];
}

/** What a stack file comes to. Plain data: it passes between threads. */
export interface SynthResult {
  /** In the order to apply them. */
  readonly objects: readonly SynthObject[];
  /** Code packages by digest (`sha256:…`), in the format of watcher.md W3.2. */
  readonly packages: ReadonlyMap<string, Uint8Array>;
  /** Absolute paths of files and folders that it was made from: a change below one of them asks for a new synthesis. */
  readonly sources: readonly string[];
  /** The code of each function. */
  readonly code: readonly CodeUnit[];
  /** The function stacks, also those that declare nothing any more. */
  readonly stacks: readonly StackPlace[];
  /** `fn.url` of the functions with an HTTP trigger, by the Function's id. */
  readonly urls: ReadonlyMap<string, string>;
}

/** A function's code: enough to pack it again, in any thread. */
export interface CodeUnit {
  /** The function's id: `Function/default/hello`. */
  readonly function: string;
  /** Of its package. */
  readonly digest: string;
  /** Those of `sources` that it was made from. */
  readonly sources: readonly string[];
  readonly order: CodeOrder;
}

/** Where a stack's objects go. */
export interface StackPlace {
  readonly name: string;
  readonly namespace: string;
  /** That of the platform which serves it. */
  readonly systemNamespace: string;
}
