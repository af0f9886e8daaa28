import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import { IMAGE_NAMES, type ImageReferences, imageTag, parseImageLock } from '../../protocol/images.ts';
import { show } from '../../protocol/schema/validate.ts';
import type { PlatformImages } from './platform-props.ts';

/**
 * The reference of each image: by digest of the lock, else by tag.
 * @param folder that a relative path of the lock starts from
 * @throws PlatformError CONFIG_INVALID for a lock that cannot be read, or that lacks an image
 */
export function resolveImages({ registry = '', tag, lock }: PlatformImages, folder: string): ImageReferences {
  if (lock === undefined)
    return Object.fromEntries(IMAGE_NAMES.map((name) => [name, imageTag(name, tag ?? packageVersion(), registry)])) as unknown as ImageReferences;
  if (typeof lock === 'string') return parseImageLock(readLock(resolve(folder, lock)), lock).images;
  return parseImageLock(JSON.stringify(lock), 'images.lock').images;
}

/** What is wrong with the props themselves, as messages. */
export function imageProblems({ registry, tag, lock }: PlatformImages): string[] {
  if (lock === undefined || (registry === undefined && tag === undefined)) return [];
  const beside = registry === undefined ? `images.tag (${show(tag)})` : `images.registry (${show(registry)})`;
  return [`${beside} and images.lock are both given: the lock names each image in full; leave one out`];
}

function readLock(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const message = `images.lock names ${path}, which cannot be read (${(cause as NodeJS.ErrnoException).code}): write it with \`npm run images -- --push <registry>\`, or leave images.lock out`;
    throw new PlatformError('CONFIG_INVALID', message, { cause, details: { path } });
  }
}

/** Of this package, from sources and compiled alike. */
function packageVersion(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}
