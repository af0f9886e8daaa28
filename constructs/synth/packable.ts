import type { CodeOrder } from '../code-form.ts';
import type { Package } from '../../protocol/package.ts';

/** Registered, so that a construct of another copy of this package is known by it. */
export const CODE = Symbol.for('fibonacci.dev/code');

/** A construct with a code package. */
export interface Packable {
  readonly [CODE]: {
    /** Packs the code, once. @throws PlatformError CODE_INVALID */
    pack(): Package;
    /** Absolute paths of what is read. */
    sources(): readonly string[];
    order(): CodeOrder;
  };
}

export function isPackable<T extends object>(value: T): value is T & Packable {
  return (value as Partial<Packable>)[CODE] !== undefined;
}
