import { PlatformError } from './errors.ts';
import { API_GROUP } from './names.ts';
import { decodePackage, encodePackage, type Package, type PackageFile } from './package.ts';

/** Larger packages do not go into ConfigMaps. */
export const MAX_CONFIG_MAP_PACKAGE_BYTES = 64 * 1024;
/** Annotation with the whole digest; the name holds 40 of its 64 hex digits. */
export const DIGEST_ANNOTATION = `${API_GROUP}/digest`;

/** Key of the list of files: a JSON array of `{ path, key }`. */
const FILES_KEY = 'fibonacci.files.json';

/** The data of a ConfigMap: files that are text as text, others as base64, under keys that `fibonacci.files.json` leads to. */
export interface ConfigMapData {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

export interface PackageConfigMap extends ConfigMapData {
  readonly apiVersion: 'v1';
  readonly kind: 'ConfigMap';
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly immutable: true;
}

/** `pkg-` and the first 40 hex digits. */
export function packageConfigMapName(digest: string): string {
  return `pkg-${digest.replace('sha256:', '').slice(0, 40)}`;
}

/** A package as an immutable ConfigMap. The caller sees to its size. @throws PlatformError PACKAGE_INVALID for what is no package that `encodePackage` makes */
export function renderPackageConfigMap(pack: Package, namespace: string, labels: Readonly<Record<string, string>>): PackageConfigMap {
  const data = encodePackageData(pack.bytes);
  // Once here instead of at each cold start: what cannot be read back must not be written.
  decodePackageData(data, pack.digest);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: packageConfigMapName(pack.digest), namespace, labels, annotations: { [DIGEST_ANNOTATION]: pack.digest } },
    immutable: true,
    ...data,
  };
}

/** @throws PlatformError PACKAGE_INVALID */
export function encodePackageData(bytes: Uint8Array): ConfigMapData {
  const taken = new Set([FILES_KEY]);
  const files = decodePackage(bytes).map((file) => ({ ...file, key: freeKey(file.path, taken) }));
  const list = files.map(({ path, key }) => `  ${JSON.stringify({ path, key })}`).join(',\n');
  const texts = files.flatMap((file) => {
    const text = textOf(file.bytes);
    return text === undefined ? [] : [[file.key, text] as const];
  });
  const isText = new Set(texts.map(([key]) => key));
  const binaries = files.filter(({ key }) => !isText.has(key)).map((file) => [file.key, Buffer.from(file.bytes).toString('base64')] as const);
  return {
    data: Object.fromEntries([[FILES_KEY, files.length === 0 ? '[]\n' : `[\n${list}\n]\n`], ...texts]),
    ...(binaries.length > 0 && { binaryData: Object.fromEntries(binaries) }),
  };
}

/** The package again, byte for byte. @throws PlatformError PACKAGE_INVALID where it is not what the digest says */
export function decodePackageData({ data = {}, binaryData = {} }: ConfigMapData, digest: string): Package {
  const files = parseFiles(own(data, FILES_KEY)).map(({ path, key }): PackageFile => {
    const [text, binary] = [own(data, key), own(binaryData, key)];
    if (text !== undefined) return { path, bytes: Buffer.from(text) };
    if (binary !== undefined) return { path, bytes: Buffer.from(binary, 'base64') };
    throw new PlatformError('PACKAGE_INVALID', `the ConfigMap has no key ${JSON.stringify(key)}, which is the file "${path}"; deploy the stack again`);
  });
  const pack = encodeFiles(files);
  if (pack.digest === digest) return pack;
  throw new PlatformError('PACKAGE_INVALID', `the ConfigMap holds a package of digest ${pack.digest}, not ${digest}; deploy the stack again`, {
    details: { found: pack.digest, wanted: digest },
  });
}

function encodeFiles(files: readonly PackageFile[]): Package {
  try {
    return encodePackage(files);
  } catch (cause) {
    throw new PlatformError('PACKAGE_INVALID', `the ConfigMap holds no package: ${(cause as Error).message}`, { cause });
  }
}

function parseFiles(text: string | undefined): { path: string; key: string }[] {
  try {
    const files: unknown = JSON.parse(text ?? '');
    if (Array.isArray(files) && files.every((file) => typeof file?.path === 'string' && typeof file.key === 'string')) return files;
  } catch {
    // As for a list of anything else.
  }
  throw new PlatformError('PACKAGE_INVALID', `the ConfigMap's key ${FILES_KEY} is no list of files; deploy the stack again`);
}

/** A readable key that Kubernetes takes (`[-._a-zA-Z0-9]+`, 253 signs, not beginning with `..`) and that is not taken yet. */
function freeKey(path: string, taken: Set<string>): string {
  const readable = path
    .replaceAll('/', '__')
    .replaceAll(/[^-._a-zA-Z0-9]/g, '_')
    .slice(-240)
    .replace(/^\.\./, '_.');
  let key = readable;
  for (let count = 2; taken.has(key); count++) key = `${count}_${readable}`;
  taken.add(key);
  return key;
}

/** The text, where it is UTF-8 that people can read in a diff and that YAML keeps. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return /[^\P{Cc}\n\r\t]|[\ufffe\uffff]/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function own(record: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
