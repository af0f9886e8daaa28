import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { digestOf } from '../../../protocol/digest.ts';
import { encodePackage, type Package, type PackageFile } from '../../../protocol/package.ts';
import { authorization } from '../../contract/watcher/push.ts';
import type { WatcherProcess } from '../../contract/watcher/watcher-process.ts';

const UID = 'uid-1';
/** For the package's first line, and the names of its files. */
const MARGIN_BYTES = 1000;

/** The content of a revision. */
export interface RevisionSpec {
  readonly package: Package;
  readonly handler: string;
  readonly signature: string;
  readonly generation: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface PushTimes {
  /** From the request's begin to its answer. */
  readonly totalMs: number;
  /** The part of it until the last byte was sent. */
  readonly transferMs: number;
}

/** A package of this size that no other equals: bytes that cannot be compressed beside the code, or behind it where it is one executable. */
export function paddedPackage(files: readonly PackageFile[], bytes: number): Package {
  const padding = randomBytes(Math.max(1, bytes - MARGIN_BYTES - files.reduce((total, file) => total + file.bytes.length, 0)));
  const [executable] = files;
  return executable?.path === 'function'
    ? encodePackage([{ path: executable.path, bytes: Buffer.concat([executable.bytes, padding]) }])
    : encodePackage([...files, { path: 'padding.bin', bytes: padding }]);
}

/** @throws Error for another answer than 200 */
export async function push(watcher: WatcherProcess, act: 'specialize' | 'update', spec: RevisionSpec): Promise<PushTimes> {
  const { digest, bytes } = spec.package;
  const document = {
    function: { namespace: 'demo', name: 'hello', uid: UID },
    generation: spec.generation,
    content: digestOf(`${digest}:${spec.generation}`),
    package: { digest, size: bytes.length },
    handler: spec.handler,
    signature: spec.signature,
    mode: 'thread',
    concurrency: 100,
    timeoutMs: 20_000,
    maxBodyBytes: 1_048_576,
    env: spec.env ?? {},
  };
  const body = Buffer.concat([Buffer.from(`${JSON.stringify(document)}\n`), bytes]);
  const headers = {
    ...authorization({ act, sub: UID, digest }, {}, watcher.key),
    'content-type': 'application/vnd.fibonacci.revision',
    'content-length': body.length,
  };
  const begun = performance.now();
  const sent = request({ host: '127.0.0.1', port: watcher.controlPort, path: `/_/${act}`, method: 'POST', headers, agent: false });
  let transferMs = 0;
  sent.end(body, () => (transferMs = performance.now() - begun));
  const [response] = await once(sent, 'response');
  const answer = await text(response);
  const totalMs = performance.now() - begun;
  if (response.statusCode !== 200) throw new Error(`${act} of ${spec.handler} was answered ${response.statusCode} ${answer}`);
  return { totalMs, transferMs };
}
