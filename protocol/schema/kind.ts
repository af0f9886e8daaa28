import type { Static, TSchema } from 'typebox';

/** A rule across fields, stated twice: for the API server (CEL) and for every TypeScript process. Both give the same verdict and the same text. */
export interface Rule {
  /** Where the rule stands, such as `['spec', 'scaling']`; it is skipped where that is absent. */
  readonly path: readonly string[];
  readonly cel: string;
  /** A CEL expression for the text, where `message` holds values; numbers by `celDigits`. */
  readonly messageCel?: string;
  readonly message: string | ((value: never) => string);
  readonly check: (value: never, old?: never) => boolean;
}

interface RuleInput<T> {
  readonly path: readonly string[];
  readonly cel: string;
  readonly messageCel?: string;
  readonly message: string | ((value: T) => string);
  readonly check: (value: T, old?: T) => boolean;
}

/** States a rule with the type of the value it looks at. */
export function rule<T>(input: RuleInput<T>): Rule {
  return input;
}

/** A custom resource kind: the one source of its CRD, types, validation and reference page. */
export interface Kind<Name extends string = string, Spec extends TSchema = TSchema, Status extends TSchema = TSchema> {
  readonly kind: Name;
  readonly plural: string;
  readonly shortName: string;
  readonly spec: Spec;
  readonly status: Status;
  readonly rules: readonly Rule[];
}

export function defineKind<const Name extends string, Spec extends TSchema, Status extends TSchema>(kind: Kind<Name, Spec, Status>): Kind<Name, Spec, Status> {
  return kind;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Set by the store. */
  readonly uid?: string;
  /** Set by the store: rises with every change of `spec`. */
  readonly generation?: number;
  /** Set by the store: changes with every write. */
  readonly resourceVersion?: string;
  /** Set by the store, RFC 3339. */
  readonly creationTimestamp?: string;
}

/** An object of a kind. */
export interface Resource<K extends Kind = Kind> {
  readonly apiVersion: string;
  readonly kind: K['kind'];
  readonly metadata: ObjectMeta;
  readonly spec: Static<K['spec']>;
  readonly status?: Static<K['status']>;
}
