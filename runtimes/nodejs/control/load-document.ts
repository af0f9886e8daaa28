import { SIGNATURES } from '../contract.ts';
import { WatcherError } from '../watcher-error.ts';

export interface FunctionRef {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export type Mode = 'thread' | 'process';

/** The first line of a push (W3.1). */
export interface LoadDocument {
  readonly function: FunctionRef;
  readonly generation: number;
  readonly content: string;
  readonly package: { readonly digest: string; readonly size: number };
  /** `<module path without extension>.<export>` */
  readonly handler: string;
  readonly signature: (typeof SIGNATURES)[number];
  readonly mode: Mode;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  readonly env: Readonly<Record<string, string>>;
}

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string' && value.length > 0 && value.length <= 512;
const digest: Check = (value) => typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);
const integer =
  (min: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= min;
const oneOf =
  (...names: string[]): Check =>
  (value) =>
    names.includes(value as string);
const environment: Check = (value) =>
  isRecord(value) && Object.entries(value).every(([name, item]) => /^[^=\0]+$/.test(name) && typeof item === 'string' && !item.includes('\0'));

const FIELDS: readonly (readonly [path: string, check: Check, rule: string])[] = [
  ['function.namespace', text, 'a name'],
  ['function.name', text, 'a name'],
  ['function.uid', text, 'a UID'],
  ['generation', integer(0), 'an integer, 0 or more'],
  ['content', digest, 'a digest, sha256:<hex>'],
  ['package.digest', digest, 'a digest, sha256:<hex>'],
  ['package.size', integer(0), 'a number of bytes'],
  ['handler', (value) => typeof value === 'string' && value.length <= 512 && /^[^\0\\]+\.[^./\\\0]+$/.test(value), '<file>.<export>'],
  ['signature', oneOf(...SIGNATURES), `one of ${SIGNATURES.join(', ')}`],
  ['mode', oneOf('thread', 'process'), 'thread or process'],
  ['concurrency', integer(1), 'an integer, 1 or more'],
  ['timeoutMs', integer(1), 'milliseconds, 1 or more'],
  ['maxBodyBytes', integer(0), 'a number of bytes'],
  ['env', environment, 'a map of strings'],
];

/** @throws WatcherError BAD_REQUEST naming every field at fault, without its value (it may be a secret) */
export function parseLoadDocument(line: string): LoadDocument {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new WatcherError('BAD_REQUEST', 'the body does not begin with a line of JSON');
  }
  const problems = FIELDS.filter(([path, check]) => !check(read(value, path))).map(([path, , rule]) => `${path} must be ${rule}`);
  if (problems.length > 0) throw new WatcherError('BAD_REQUEST', `the load document is refused: ${problems.join('; ')}`);
  return value as LoadDocument;
}

function read(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
