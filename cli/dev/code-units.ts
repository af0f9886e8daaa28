import { packCode } from '../../constructs/code-form.ts';
import type { CodeUnit } from '../../constructs/synth/object.ts';
import type { AnyResource } from '../../protocol/schema/resources.ts';
import { idOf } from './reconcile.ts';

export interface Repacked {
  /** All units: those that were packed anew, and the others. */
  readonly units: readonly CodeUnit[];
  /** What is new, by digest. */
  readonly packages: ReadonlyMap<string, Uint8Array>;
}

/**
 * The functions whose code a batch of saved paths touches, so that they alone need packing again; undefined where something else was saved as well: the whole stack must be loaded.
 * @param others what the stack itself is made from, whether it is in a function's code as well or not
 */
export function touchedUnits(paths: readonly string[], units: readonly CodeUnit[], others: readonly string[]): readonly CodeUnit[] | undefined {
  const touched = units.filter((unit) => paths.some((path) => isIn(path, unit.sources)));
  const ofTouched = touched.flatMap((unit) => unit.sources);
  return paths.every((path) => isIn(path, ofTouched) && !isIn(path, others)) ? touched : undefined;
}

/** Packs what was touched. @throws PlatformError CODE_INVALID, TOOLCHAIN_MISSING */
export function repack(units: readonly CodeUnit[], touched: readonly CodeUnit[]): Repacked {
  const packages = new Map<string, Uint8Array>();
  const packedByOrder = new Map<string, Pick<CodeUnit, 'digest' | 'sources'>>();
  const made = new Map(
    touched.map((unit) => {
      const key = JSON.stringify(unit.order);
      const known = packedByOrder.get(key);
      if (known) return [unit, { ...unit, ...known }];
      const { package: packed, sources } = packCode(unit.order);
      packedByOrder.set(key, { digest: packed.digest, sources });
      if (packed.digest !== unit.digest) packages.set(packed.digest, packed.bytes);
      return [unit, { ...unit, digest: packed.digest, sources }];
    }),
  );
  return { units: units.map((unit) => made.get(unit) ?? unit), packages };
}

/** The functions whose package is a new one, with it. */
export function withPackages(resources: readonly AnyResource[], { units, packages }: Repacked): AnyResource[] {
  const digests = new Map(units.map((unit) => [unit.function, unit.digest]));
  return resources.flatMap((resource) => {
    if (resource.kind !== 'Function') return [];
    const digest = digests.get(idOf(resource));
    const bytes = digest === undefined || digest === resource.spec.package?.digest ? undefined : packages.get(digest);
    return digest === undefined || !bytes ? [] : [{ ...resource, spec: { ...resource.spec, package: { digest, size: bytes.length } } }];
  });
}

function isIn(path: string, sources: readonly string[]): boolean {
  return sources.some((source) => path === source || path.startsWith(`${source}/`));
}
