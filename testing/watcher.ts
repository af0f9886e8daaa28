import { createPrivateKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { watcherPrograms } from '../constructs/build/watcher-programs.ts';
import type { Fleet, Instance, InstanceTemplate } from '../kit/fleet/fleet.ts';
import { createLocalFleet } from '../kit/fleet/local.ts';
import { digestOf } from '../protocol/digest.ts';
import { isErrorCode, PlatformError } from '../protocol/errors.ts';
import { codeOf, type FunctionCode } from '../protocol/schema/function.ts';
import { renderLoadDocument, renderPush } from '../protocol/load-document.ts';
import { CONTROL_PATHS, REVISION_CONTENT_TYPE } from '../protocol/names.ts';
import type { FunctionResource } from '../protocol/schema/resources.ts';
import { parseSize } from '../protocol/size.ts';
import { createSigningKey, publicKeyOf, signControlToken } from '../protocol/token.ts';

export interface FunctionToStart {
  readonly fn: FunctionResource;
  readonly packageBytes: Uint8Array;
  /** The whole environment of user code. */
  readonly env: Readonly<Record<string, string>>;
  readonly python: string | undefined;
}

export interface RunningFunction {
  /** Base URL of the data port. */
  readonly url: string;
  close(): Promise<void>;
}

const UID = 'test';

/** One watcher with a throw-away key, specialized with the function. @throws PlatformError RUNTIME_UNAVAILABLE, or what the watcher answers */
export async function startFunction({ fn, packageBytes, env, python }: FunctionToStart): Promise<RunningFunction> {
  const key = createSigningKey();
  const stateDir = await mkdtemp(join(tmpdir(), 'fib-test-'));
  const programs = {
    node: process.execPath,
    ext: extname(import.meta.url),
    python: python ?? process.env['FIB_PYTHON'] ?? 'python3',
    ...watcherPrograms(fn.spec.runtime),
  };
  const runtimesDir = join(dirname(import.meta.dirname), 'runtimes');
  const fleet = await createLocalFleet({ runtimesDir, stateDir, publicKey: publicKeyOf(key), programs });
  const close = async (): Promise<void> => {
    await fleet.close();
    await rm(stateDir, { recursive: true, force: true });
  };
  try {
    const instance = await leaseInstance(fleet, fn);
    await specialize(instance, key, fn, packageBytes, env);
    return { url: `http://${instance.dataAddress}`, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function leaseInstance(fleet: Fleet, { metadata, spec }: FunctionResource): Promise<Instance> {
  const reason = fleet.unavailable(spec.runtime);
  if (reason !== undefined) throw new PlatformError('RUNTIME_UNAVAILABLE', reason);
  const template: InstanceTemplate = {
    key: `cold:${metadata.namespace}/${metadata.name}`,
    namespace: metadata.namespace,
    runtime: spec.runtime,
    memoryBytes: parseSize(spec.deployment.memory ?? '256Mi'),
    owner: { kind: 'Function', name: metadata.name },
  };
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const unsubscribe = fleet.subscribe((event) => {
    if (event.type === 'idle') resolve();
    if (event.type === 'failing') reject(new PlatformError('RUNTIME_UNAVAILABLE', `the ${spec.runtime} watcher did not start: ${event.reason}`));
  });
  fleet.keep(template, 1);
  await promise.finally(unsubscribe);
  const instance = fleet.lease(template.key);
  fleet.keep(template, 0);
  if (!instance) throw new PlatformError('INTERNAL', `the ${spec.runtime} watcher started and is gone`);
  return instance;
}

async function specialize(
  instance: Instance,
  key: string,
  fn: FunctionResource,
  packageBytes: Uint8Array,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const held = codeOf(fn.spec) as FunctionCode;
  const { digest } = held.package;
  const exp = Math.floor(Date.now() / 1000) + 60;
  const token = signControlToken(createPrivateKey(key), { aud: instance.id, act: 'specialize', sub: UID, epoch: 1, exp, digest });
  const document = renderLoadDocument({ ...fn.metadata, uid: UID }, { spec: fn.spec, code: held, generation: 1, content: digestOf(digest), env });
  const answer = await fetch(instance.controlUrl + CONTROL_PATHS.specialize, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': REVISION_CONTENT_TYPE },
    body: new Uint8Array(renderPush(document, packageBytes)),
  });
  if (answer.ok) return void (await answer.arrayBuffer());
  const { code, message, file, line } = (await answer.json()) as { code?: unknown; message?: unknown; file?: string; line?: number };
  const place = file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}: `;
  throw new PlatformError(isErrorCode(code) ? code : 'INTERNAL', `${place}${String(message)}`, { details: { file, line } });
}
