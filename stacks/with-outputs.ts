import type * as pulumi from '@pulumi/pulumi';
import type { Duration, Size } from '../constructs/index.ts';

/** Props as they are, with an Output allowed wherever any text is. */
export type WithOutputs<T> = string extends T
  ? T | pulumi.Output<string>
  : T extends Duration | Size | ((...args: never[]) => unknown)
    ? T
    : T extends readonly (infer E)[]
      ? readonly WithOutputs<E>[]
      : T extends object
        ? { readonly [K in keyof T]: WithOutputs<T[K]> }
        : T;
