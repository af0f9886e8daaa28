import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AnyResource } from '../../protocol/schema/resources.ts';
import { findCodeUnits, onlyUnitOf, packUnit, withPackage } from './code-units.ts';

const unit = (path: string, digest = path) => ({ path, digest });
const sources = ['/p/stack.ts', '/p/shared.ts', '/p/hello', '/p/one.js'];
const units = [unit('/p/hello'), unit('/p/one.js')];

describe('what a save needs', () => {
  it.each([
    ['a file of a function’s folder', ['/p/hello/lib/a.js'], '/p/hello'],
    ['a function’s only file', ['/p/one.js'], '/p/one.js'],
    ['the stack file', ['/p/stack.ts'], undefined],
    ['a module that the stack imports', ['/p/shared.ts'], undefined],
    ['a function and the stack at once', ['/p/hello/index.js', '/p/stack.ts'], undefined],
    ['two functions at once', ['/p/hello/index.js', '/p/one.js'], undefined],
    ['a neighbour with a longer name', ['/p/hello-two/index.js'], undefined],
  ])('%s', (_name, paths, expected) => {
    expect(onlyUnitOf(paths, units, sources)?.path).toBe(expected);
  });

  it('the whole stack, where two functions have equal code: the digest does not tell whose it is', () => {
    expect(onlyUnitOf(['/p/a/index.js'], [unit('/p/a', 'same'), unit('/p/b', 'same')], ['/p/a', '/p/b'])).toBeUndefined();
  });

  it('the whole stack, where a module of the stack lies in a function’s folder', () => {
    expect(onlyUnitOf(['/p/hello/names.ts'], units, [...sources, '/p/hello/names.ts'])).toBeUndefined();
  });
});

describe('a code folder', () => {
  const folder = () => {
    const dir = mkdtempSync(join(tmpdir(), 'fib-unit-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, 'index.js'), 'export const handler = () => 1;');
    return dir;
  };

  it('is known by the digest that the stack packed', () => {
    const dir = folder();
    const { digest, bytes } = packUnit(dir);
    expect(findCodeUnits([dir, '/absent'], new Map([[digest, bytes]]))).toEqual([{ path: dir, digest }]);
    expect(findCodeUnits([dir], new Map([['sha256:other', bytes]]))).toEqual([]);
  });

  it('goes to the functions that had its former package, and to no other', () => {
    const dir = folder();
    const old = packUnit(dir);
    writeFileSync(join(dir, 'index.js'), 'export const handler = () => 2;');
    const made = packUnit(dir);
    const fn = (name: string, digest: string) => ({ kind: 'Function', metadata: { name }, spec: { package: { digest, size: 1 } } }) as unknown as AnyResource;
    const [own, other] = withPackage([fn('own', old.digest), fn('other', 'sha256:else')], old.digest, made);
    expect(own?.spec).toEqual({ package: { digest: made.digest, size: made.bytes.length } });
    expect(other?.spec).toEqual({ package: { digest: 'sha256:else', size: 1 } });
  });
});
