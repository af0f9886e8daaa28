import type { Runtime as RuntimeName } from '../protocol/schema/fields.ts';

/** Language runtimes of functions. */
export const Runtime = {
  /** Node.js 24. */
  NODEJS: 'nodejs',
  /** Python 3.10 or later. */
  PYTHON: 'python',
} as const satisfies Record<string, RuntimeName>;

export type Runtime = RuntimeName;
