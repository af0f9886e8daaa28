import { PlatformError } from './errors.ts';
import { RUNTIMES } from './schema/fields.ts';

/** The platform's own images: two programs and one watcher a runtime. */
export const IMAGE_NAMES = ['gateway', 'scaler', ...RUNTIMES] as const;

export type ImageName = (typeof IMAGE_NAMES)[number];

/** Watchers that a compiler makes: where there is none, or no function of the language, a platform does without. */
export const OPTIONAL_IMAGES = ['java', 'go'] as const satisfies readonly ImageName[];

type OptionalImage = (typeof OPTIONAL_IMAGES)[number];

/** A reference for each image, but for those that a platform does without. */
export type ImageReferences = Readonly<Record<Exclude<ImageName, OptionalImage>, string> & Partial<Record<OptionalImage, string>>>;

export function isOptionalImage(name: ImageName): name is OptionalImage {
  return (OPTIONAL_IMAGES as readonly ImageName[]).includes(name);
}

/** `images.lock.json`: what was pushed, by digest, so that a cluster runs exactly that. */
export interface ImageLock {
  /** What stands before the repositories' names: a host, and a path where there is one. */
  readonly registry: string;
  /** The package version that the images were built from. */
  readonly version: string;
  /** `<registry>/fibonacci-<name>@sha256:<hex>`. */
  readonly images: ImageReferences;
}

/** User and group of every container of the platform. */
export const IMAGE_USER = 65_532;

/** `fibonacci-<name>`. */
export function imageRepository(name: ImageName): string {
  return `fibonacci-${name}`;
}

/** `[<registry>/]fibonacci-<name>:<version>`: what `npm run images` tags. */
export function imageTag(name: ImageName, version: string, registry = ''): string {
  return `${registry === '' ? '' : `${registry.replace(/\/+$/, '')}/`}${imageRepository(name)}:${version}`;
}

const BY_DIGEST = /^[^\s@]+@sha256:[0-9a-f]{64}$/;

/** @throws PlatformError CONFIG_INVALID naming every field at fault; `source` is where the text came from */
export function parseImageLock(text: string, source = 'images.lock.json'): ImageLock {
  const lock = parseObject(text);
  const problems: string[] = [];
  if (lock === undefined) problems.push('it is no JSON object');
  for (const field of ['registry', 'version'] as const) {
    if (lock && typeof lock[field] !== 'string') problems.push(`${field} must be text`);
  }
  const images = (lock?.['images'] ?? {}) as Readonly<Record<string, unknown>>;
  for (const name of lock ? IMAGE_NAMES : []) {
    const image = images[name];
    if (image === undefined && isOptionalImage(name)) continue;
    if (typeof image !== 'string' || !BY_DIGEST.test(image)) problems.push(`images.${name} must be <repository>@sha256:<64 hex digits>`);
  }
  if (problems.length > 0) {
    const message = `${source} is not valid: ${problems.join('; ')}: write it anew with \`npm run images -- --push <registry>\``;
    throw new PlatformError('CONFIG_INVALID', message, { details: { source, problems } });
  }
  return lock as unknown as ImageLock;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
