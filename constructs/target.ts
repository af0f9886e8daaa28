import { PlatformError } from '../protocol/errors.ts';
import { show } from '../protocol/schema/validate.ts';
import { Function } from './function.ts';

/** The name of the function that a trigger or rule is for. @throws PlatformError SPEC_INVALID for what is no Function */
export function targetName(what: string, fn: unknown): string {
  if (fn instanceof Function) return fn.name;
  throw new PlatformError('SPEC_INVALID', `${what}: function (${show(fn)}) must be a Function of this stack file: the construct, not its name`);
}
