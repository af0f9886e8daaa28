import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PlatformError } from '../../protocol/errors.ts';
import { sampleFunction } from '../../protocol/schema/sample.ts';
import { createFunctionRegistry, type ManagedFunction, type ResolvedRevision } from '../observe/functions.ts';
import { createPackageChecks, type PackageChecks } from './package-checks.ts';

let failure: PlatformError | undefined;
let verified: number;
let roomy: boolean;
let changes: unknown[];
let checks: PackageChecks;

beforeEach(() => {
  vi.useFakeTimers();
  [failure, verified, roomy, changes] = [undefined, 0, true, []];
  checks = createPackageChecks({
    packages: {
      get roomy() {
        return roomy;
      },
      async verify() {
        verified++;
        if (failure) throw failure;
      },
    },
    now: () => 7,
    onChange: ({ package: known }) => void changes.push(known?.state),
  });
});
afterEach(() => {
  checks.close();
  vi.useRealTimers();
});

function managed(ready?: 'True' | 'False'): ManagedFunction {
  const sample = sampleFunction('cart');
  const condition = { type: 'Ready', status: ready ?? 'False', reason: 'x', message: '', observedGeneration: 1, lastTransitionTime: '' } as const;
  const resource = { ...sample, metadata: { ...sample.metadata, uid: 'u', generation: 1 }, ...(ready && { status: { conditions: [condition] } }) };
  const { fn } = createFunctionRegistry().put(resource);
  fn.latest = { spec: sample.spec } as ResolvedRevision;
  return fn;
}

test('a package that is there is verified once, however often the function is looked at', async () => {
  const fn = managed();
  checks.check(fn);
  expect(fn.package?.state).toBe('pending');
  await vi.advanceTimersByTimeAsync(1);
  checks.check(fn);
  await vi.advanceTimersByTimeAsync(20_000);
  expect([verified, changes]).toEqual([1, ['verified']]);
});

test('a missing one is told, looked for again, and found when it comes', async () => {
  failure = new PlatformError('PACKAGE_INVALID', 'no such ConfigMap');
  checks.check(managed());
  await vi.advanceTimersByTimeAsync(1);
  failure = undefined;
  await vi.advanceTimersByTimeAsync(6000);
  expect(changes).toEqual([{ code: 'PACKAGE_INVALID', message: 'no such ConfigMap', at: 7 }, 'verified']);
});

test('while nobody can be asked nothing is said of it', async () => {
  failure = new PlatformError('INTERNAL', 'no answer');
  const fn = managed();
  checks.check(fn);
  await vi.advanceTimersByTimeAsync(12_000);
  expect([verified, changes, fn.package?.state]).toEqual([3, [], 'pending']);
});

test('what a leader before this one found ready stays so, and is read only where there is room', async () => {
  const fn = managed('True');
  checks.check(fn);
  expect([fn.package?.state, verified]).toEqual(['verified', 1]);
  roomy = false;
  checks.check(managed('True'));
  expect(verified).toBe(1);
  checks.check(managed('False'));
  expect(verified).toBe(2);
});
