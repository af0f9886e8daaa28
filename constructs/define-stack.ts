import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { getCallSites } from 'node:util';
import type { App } from 'cdk8s';
import { PlatformError } from '../protocol/errors.ts';

/** What a stack file is told about where it is going. */
export interface StackContext {
  /** Name of the environment, such as `dev` or `production`; `dev` unless said otherwise. */
  readonly env: string;
  /** Values given with `--config key=value`. */
  readonly config: Readonly<Record<string, string>>;
}

/** Builds the constructs, at once: what is slow or asynchronous (reading a file, asking a service) is awaited at the top of the stack file. */
export type DefineStack = (app: App, context: StackContext) => void;

/** What a stack file exports by default. */
export interface StackDefinition {
  /** What the stack file gave. */
  readonly define: DefineStack;
  /** Folder of the file that called `defineStack`. */
  readonly folder: string;
}

// The stack file may hold another copy of this package than the loader: both know the mark by its registered name.
const MARK = Symbol.for('fibonacci.dev/stack-definition');

/**
 * Declares what a stack file holds; every tool (dev, synth, deploy, tests) loads the file and calls it.
 *
 * @example
 * export default defineStack((app, { env }) => {
 *   const stack = new FunctionStack(app, 'shop');
 *   new Function(stack, 'greet', { runtime: Runtime.NODEJS, handler: 'index.handler', code: Code.fromDirectory('./greet') });
 * });
 * @throws PlatformError STACK_INVALID when it is not given a function
 */
export function defineStack(define: DefineStack): StackDefinition {
  if (typeof define !== 'function') {
    throw new PlatformError('STACK_INVALID', `defineStack takes a function (app, { env, config }) => { … }, not ${define === null ? 'null' : typeof define}`);
  }
  return Object.defineProperty({ define, folder: callersFolder() }, MARK, { value: true });
}

export function isStackDefinition(value: unknown): value is StackDefinition {
  return typeof value === 'object' && value !== null && MARK in value;
}

/** The call site of `defineStack`: the frame above it. */
function callersFolder(): string {
  const name = getCallSites(3)[2]?.scriptName ?? '';
  if (name.startsWith('file:')) return dirname(fileURLToPath(name));
  return name.startsWith('/') ? dirname(name) : process.cwd();
}
