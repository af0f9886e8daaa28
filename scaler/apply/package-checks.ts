import { PlatformError } from '../../protocol/errors.ts';
import type { ManagedFunction } from '../observe/functions.ts';
import type { Packages } from './packages.ts';

/** Finds out whether the packages that functions name are there, before the first call does. */
export interface PackageChecks {
  /** To be called when a function says something new. */
  check(fn: ManagedFunction): void;
  close(): void;
}

export interface PackageChecksDeps {
  readonly packages: Pick<Packages, 'verify' | 'roomy'>;
  readonly now: () => number;
  /** What is known of the function's package changed. */
  onChange(fn: ManagedFunction): void;
}

/** A package may be applied after the function that names it. */
const RETRY_MS = 5000;

export function createPackageChecks({ packages, now, onChange }: PackageChecksDeps): PackageChecks {
  const retries = new Set<NodeJS.Timeout>();
  let closed = false;

  const isCurrent = (fn: ManagedFunction, state: ManagedFunction['package']) => !closed && !fn.deleted && fn.package === state;
  const verify = async (fn: ManagedFunction, known: NonNullable<ManagedFunction['package']>) => {
    const before = known.state;
    try {
      await packages.verify(fn.resource.metadata.namespace, known.digest);
      known.state = 'verified';
    } catch (error) {
      const missing = error instanceof PlatformError && error.code === 'PACKAGE_INVALID';
      // Who cannot be asked now says nothing about the package.
      if (missing) known.state = { code: error.code, message: error.message, at: now() };
      if (isCurrent(fn, known)) retryLater(fn, known);
    }
    if (isCurrent(fn, known) && known.state !== before) onChange(fn);
  };
  const retryLater = (fn: ManagedFunction, known: NonNullable<ManagedFunction['package']>) => {
    const retry = setTimeout(() => {
      retries.delete(retry);
      if (isCurrent(fn, known)) void verify(fn, known);
    }, RETRY_MS);
    retries.add(retry);
  };
  return {
    check(fn) {
      const digest = fn.latest?.spec.package?.digest;
      if (digest === undefined || fn.package?.digest === digest) return;
      // A leader before this one has seen it: then it is read only to have it at hand.
      const seen = wasReady(fn);
      fn.package = { digest, state: seen ? 'verified' : 'pending' };
      if (!seen || packages.roomy) void verify(fn, fn.package);
    },
    close() {
      closed = true;
      for (const retry of retries) clearTimeout(retry);
    },
  };
}

function wasReady({ resource: { metadata, status } }: ManagedFunction): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' && ready.observedGeneration === metadata.generation;
}
