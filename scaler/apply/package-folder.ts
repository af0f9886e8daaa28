import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOf } from '../../protocol/digest.ts';
import { PlatformError } from '../../protocol/errors.ts';
import type { ReadPackage } from './packages.ts';

/** Packages from `<dir>/<hex>.pkg`, whatever the namespace. */
export function readPackageFolder(dir: string): ReadPackage {
  return async (_namespace, digest) => {
    const file = join(dir, `${digest.replace('sha256:', '')}.pkg`);
    const bytes = await readFile(file).catch((cause) => {
      throw new PlatformError('PACKAGE_INVALID', `the package ${digest} cannot be read: ${(cause as Error).message}; deploy the function again`, { cause });
    });
    if (digestOf(bytes) === digest) return bytes;
    throw new PlatformError('PACKAGE_INVALID', `the package ${digest} has other content than its digest says: deploy the function again`);
  };
}
