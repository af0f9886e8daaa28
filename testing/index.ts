/** Tests of stacks: `import { invoke, synthesize } from 'fibonacci-faas/testing'`. */
export { invoke, type InvokeOptions, type InvokeRequest } from './invoke.ts';
export { type Synthesized, synthesize } from './synthesize.ts';
export type { LoadOptions } from '../constructs/loader.ts';
export type { KubernetesObject, SynthObject } from '../constructs/synth/object.ts';
