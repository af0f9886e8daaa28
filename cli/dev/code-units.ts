import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Code } from '../../constructs/code.ts';
import type { Package } from '../../protocol/package.ts';
import type { AnyResource } from '../../protocol/schema/resources.ts';

/** A folder or file that is the code of one or more functions, and its digest when it was packed last. */
export interface CodeUnit {
  readonly path: string;
  readonly digest: string;
}

/** Those of a stack's sources that are code packages as they stand. */
export function findCodeUnits(sources: readonly string[], packages: ReadonlyMap<string, Uint8Array>): CodeUnit[] {
  return sources.flatMap((path) => {
    const packed = tryPack(path);
    return packed && packages.has(packed.digest) ? [{ path, digest: packed.digest }] : [];
  });
}

/**
 * The one code unit that a batch of saved paths touches, so that it alone needs packing again; undefined where the whole stack must be loaded:
 * another source was saved as well, or a second unit has the same content, so that the digest does not tell whose functions they are.
 */
export function onlyUnitOf(paths: readonly string[], units: readonly CodeUnit[], sources: readonly string[]): CodeUnit | undefined {
  const touched = units.filter((unit) => paths.some((path) => isBelow(path, unit.path)));
  const [unit] = touched;
  if (!unit || touched.length > 1 || !paths.every((path) => isBelow(path, unit.path))) return undefined;
  const others = sources.filter((source) => source !== unit.path);
  if (others.some((source) => paths.some((path) => isBelow(path, source)))) return undefined;
  return units.some((other) => other !== unit && other.digest === unit.digest) ? undefined : unit;
}

/** @throws PlatformError CODE_INVALID */
export function packUnit(path: string): Package {
  const code = statSync(path, { throwIfNoEntry: false })?.isFile() ? Code.fromFile(path) : Code.fromDirectory(path);
  // Neither the runtime nor the handler matters for files; inline code is no unit.
  return code.pack({ baseDirectory: dirname(path), runtime: 'nodejs', handler: 'index.handler' });
}

/** The resources with one package in place of another. */
export function withPackage(resources: readonly AnyResource[], from: string, to: Package): AnyResource[] {
  return resources.map((resource) => {
    if (resource.kind !== 'Function' || resource.spec.package?.digest !== from) return resource;
    return { ...resource, spec: { ...resource.spec, package: { digest: to.digest, size: to.bytes.length } } };
  });
}

function tryPack(path: string): Package | undefined {
  try {
    return packUnit(path);
  } catch {
    return undefined;
  }
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
