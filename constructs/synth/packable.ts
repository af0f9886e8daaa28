import type { PackedCode } from '../code.ts';

/** Registered, so that a construct of another copy of this package is known by it. */
export const PACK = Symbol.for('fibonacci.dev/pack');

/** A construct with a code package. */
export interface Packable {
  [PACK](): PackedCode;
}

export function isPackable(value: object): value is Packable {
  return PACK in value;
}
