import type { Runtime as RuntimeName } from '../protocol/schema/fields.ts';

/** Language runtimes of functions. */
export const Runtime = {
  /** Node.js 24. */
  NODEJS: 'nodejs',
  /** Python 3.10 or later. */
  PYTHON: 'python',
  /** Java 25; classes for 21 or later. */
  JAVA: 'java',
  /** Go 1.24 or later, compiled when the code is packed. */
  GO: 'go',
} as const satisfies Record<string, RuntimeName>;

export type Runtime = RuntimeName;
