import type { IConstruct } from 'constructs';

/** Registered, so that a construct of another copy of this package is known by it. */
export const PLATFORM = Symbol.for('fibonacci.dev/platform');

/** A construct whose objects are the platform's own; it knows them only once the whole app is built. */
export interface PlatformPart {
  readonly [PLATFORM]: {
    /** The platform's own namespace. */
    readonly namespace: string;
    /** Whether it keeps packages that are too large for a ConfigMap. */
    readonly artifacts: boolean;
    /** How long its gateways wait for what is under way when they end. */
    readonly drainMs: number;
    /** Makes its objects as constructs below it, anew each time. @throws PlatformError */
    expand(): void;
  };
}

export function isPlatformPart<T extends IConstruct>(construct: T): construct is T & PlatformPart {
  return PLATFORM in construct;
}
