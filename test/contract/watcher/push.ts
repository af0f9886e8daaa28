import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../../protocol/digest.ts';
import { encodePackage, type Package } from '../../../protocol/package.ts';
import { createSigningKey, TOKEN_ISSUER } from '../../../protocol/token.ts';
import { builtFiles, exportName } from './fixture-builds.ts';
import { dependencyFiles } from './fixture-dependencies.ts';
import { INSTANCE, RUNTIMES_DIR } from './watcher-process.ts';
import type { LoadOverrides } from './vectors.ts';

export interface PushSpec {
  readonly fixture?: string;
  readonly load?: LoadOverrides;
  readonly token?: Readonly<Record<string, unknown>>;
  readonly package?: {
    readonly files?: Readonly<Record<string, string>>;
    readonly manifest?: unknown;
    readonly bytes?: string;
    readonly digest?: string;
    readonly size?: number;
  };
  readonly body?: string;
  readonly contentLength?: number;
}

export interface CaseDefaults {
  readonly language: string;
  readonly fixture: string;
  readonly signature: string;
  /** Fields of the case's own `load`. */
  readonly load: LoadOverrides;
}

const HANDLER_MODULE: Readonly<Record<string, string>> = { nodejs: 'index', python: 'main', go: 'handler', java: 'Main' };

export interface Push {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** The signed request of a `specialize` or `update` step. */
export function createPush(act: 'specialize' | 'update', spec: PushSpec, defaults: CaseDefaults, key: KeyObject): Push {
  const fixture = spec.fixture ?? defaults.fixture;
  const packed = pack(spec, defaults.language, fixture);
  const digest = spec.package?.digest ?? packed.digest;
  const size = spec.package?.size ?? packed.bytes.length;
  const { module = HANDLER_MODULE[defaults.language], export: exported = 'handler', ...overrides } = { ...defaults.load, ...spec.load };
  const generation = overrides['generation'] ?? 1;
  const document: Record<string, unknown> = {
    function: { namespace: 'demo', name: defaults.fixture, uid: 'uid-1' },
    generation,
    content: digestOf(`${packed.digest}:${String(generation)}`),
    package: { digest, size },
    handler: `${String(module)}.${exportName(defaults.language, String(exported))}`,
    signature: defaults.signature,
    mode: 'thread',
    concurrency: 10,
    timeoutMs: 20_000,
    maxBodyBytes: 1_048_576,
    env: {},
    ...overrides,
  };
  const uid = (document['function'] as { uid?: string }).uid ?? 'uid-1';
  const body = spec.body === undefined ? Buffer.concat([Buffer.from(`${JSON.stringify(document)}\n`), packed.bytes]) : Buffer.from(spec.body);
  const headers: Record<string, string> = {
    ...authorization({ act, sub: uid, digest }, spec.token, key),
    'content-type': 'application/vnd.fibonacci.revision',
  };
  if (spec.contentLength !== undefined) headers['content-length'] = String(spec.contentLength);
  return { headers, body };
}

/** The authorization header with a token of the given claims and a step's variations. */
export function authorization(
  claims: Readonly<Record<string, unknown>>,
  variations: Readonly<Record<string, unknown>> = {},
  key: KeyObject,
): Record<string, string> {
  const { alg = 'EdDSA', key: which, raw, expiresInSeconds = 60, ...overrides } = variations;
  if (raw !== undefined) return raw === null ? {} : { authorization: String(raw) };
  const all: Record<string, unknown> = {
    iss: TOKEN_ISSUER,
    aud: INSTANCE,
    epoch: 1,
    exp: Math.floor(Date.now() / 1000) + Number(expiresInSeconds),
    ...claims,
    ...overrides,
  };
  const present = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${encode({ alg, typ: 'JWT' })}.${encode(present)}`;
  const signer = which === 'other' ? createPrivateKey(createSigningKey()) : key;
  return { authorization: `Bearer ${text}.${sign(null, Buffer.from(text), signer).toString('base64url')}` };
}

function pack(spec: PushSpec, language: string, fixture: string): Package {
  const given = spec.package;
  if (given?.manifest !== undefined) {
    const bytes = Buffer.from(`${typeof given.manifest === 'string' ? given.manifest : JSON.stringify(given.manifest)}\n${given.bytes ?? ''}`);
    return { digest: digestOf(bytes), bytes };
  }
  if (given?.files) return encodePackage(Object.entries(given.files).map(([path, text]) => ({ path, bytes: Buffer.from(text) })));
  const root = join(RUNTIMES_DIR, language, 'fixtures', fixture);
  const built = builtFiles(language, root);
  if (built) return encodePackage(built);
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) => !path.includes('__pycache__') && statSync(join(root, path)).isFile());
  const own = paths.map((path) => ({ path: path.split('\\').join('/'), file: join(root, path) }));
  return encodePackage([...own, ...dependencyFiles(language, root)].map(({ path, file }) => ({ path, bytes: readFileSync(file) })));
}
