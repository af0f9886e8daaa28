import { parseDuration } from './duration.ts';
import type { FunctionCode, FunctionSpec } from './schema/function.ts';
import { parseSize } from './size.ts';

/** The first line of a push to a watcher (watcher.md W3.1). */
export interface LoadDocument {
  readonly function: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly generation: number;
  readonly content: string;
  readonly package: { readonly digest: string; readonly size: number };
  readonly handler: string;
  readonly signature: FunctionCode['signature'];
  readonly mode: FunctionCode['mode'];
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  /** With the secrets' values. */
  readonly env: Readonly<Record<string, string>>;
}

export interface LoadedRevision {
  readonly spec: Pick<FunctionSpec, 'concurrency' | 'timeout' | 'bodyLimit'>;
  readonly code: FunctionCode;
  readonly generation: number;
  /** Content digest. */
  readonly content: string;
  /** The spec's variables and the secrets' values. */
  readonly env: Readonly<Record<string, string>>;
}

/** What a watcher is told of a revision. */
export function renderLoadDocument(fn: LoadDocument['function'], { spec, code, generation, content, env }: LoadedRevision): LoadDocument {
  const { handler, signature, mode } = code;
  return {
    function: { namespace: fn.namespace, name: fn.name, uid: fn.uid },
    generation,
    content,
    package: { digest: code.package.digest, size: code.package.size },
    handler,
    signature,
    mode,
    concurrency: spec.concurrency,
    timeoutMs: parseDuration(spec.timeout),
    maxBodyBytes: parseSize(spec.bodyLimit),
    env,
  };
}

/** The body of `/_/specialize` and `/_/update`: the load document, a line feed, the package. */
export function renderPush(document: LoadDocument, packageBytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(document)}\n`), packageBytes]);
}
