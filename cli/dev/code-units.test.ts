import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { packCode } from '../../constructs/code-form.ts';
import type { CodeUnit } from '../../constructs/synth/object.ts';
import type { AnyResource } from '../../protocol/schema/resources.ts';
import { repack, touchedUnits, withPackages } from './code-units.ts';

const context = { baseDirectory: '/p', runtime: 'nodejs', handler: 'index.handler' } as const;
const unit = (name: string, sources: readonly string[]): CodeUnit => ({
  function: `Function/default/${name}`,
  digest: name,
  sources,
  order: { form: { kind: 'directory', path: `/p/${name}`, options: {} }, context },
});

describe('what a save needs', () => {
  const units = [
    unit('hello', ['/p/hello']),
    unit('one', ['/p/one.js']),
    unit('bundled', ['/p/src/a.ts', '/p/src/shared.ts']),
    unit('second', ['/p/src/b.ts', '/p/src/shared.ts']),
  ];
  it.each([
    ['a file of a function’s folder', ['/p/hello/lib/a.js'], ['hello']],
    ['a function’s only file', ['/p/one.js'], ['one']],
    ['a module that one bundle imports', ['/p/src/a.ts'], ['bundled']],
    ['a module that two bundles import', ['/p/src/shared.ts'], ['bundled', 'second']],
    ['two functions at once', ['/p/hello/index.js', '/p/one.js'], ['hello', 'one']],
    ['the stack file', ['/p/stack.ts'], undefined],
    ['a module that the stack imports', ['/p/names.ts'], undefined],
    ['a function and the stack at once', ['/p/hello/index.js', '/p/stack.ts'], undefined],
    ['a neighbour with a longer name', ['/p/hello-two/index.js'], undefined],
  ])('%s', (_name, paths, expected) => {
    const touched = touchedUnits(paths, units, ['/p/stack.ts', '/p/names.ts']);
    expect(touched?.map(({ digest }) => digest)).toEqual(expected);
  });

  it('the whole stack, where a module of the stack is in a function’s code, too', () => {
    expect(touchedUnits(['/p/hello/names.ts'], units, ['/p/hello/names.ts'])).toBeUndefined();
    expect(touchedUnits(['/p/src/shared.ts'], units, ['/p/src/shared.ts'])).toBeUndefined();
  });
});

describe('a code folder that was saved', () => {
  const fn = (name: string, digest: string) =>
    ({ kind: 'Function', metadata: { namespace: 'default', name }, spec: { package: { digest, size: 1 } } }) as unknown as AnyResource;

  function saved(text: string) {
    const dir = mkdtempSync(join(tmpdir(), 'fib-unit-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, 'index.js'), 'export const handler = () => 1;');
    const order = { form: { kind: 'directory', path: dir, options: {} }, context } as const;
    const { package: old, sources } = packCode(order);
    const one = { function: 'Function/default/own', digest: old.digest, sources, order };
    writeFileSync(join(dir, 'index.js'), text);
    return { old, units: [one, { ...one, function: 'Function/default/twin' }, { ...one, function: 'Function/default/other' }] };
  }

  it('goes to the functions that it is the code of, and to no other with an equal package', () => {
    const { old, units } = saved('export const handler = () => 2;');
    const repacked = repack(units, units.slice(0, 2));
    const [[digest, bytes] = ['', Buffer.of()]] = repacked.packages;
    expect(repacked.packages.size).toBe(1);
    expect(repacked.units.map((made) => made.digest)).toEqual([digest, digest, old.digest]);
    const changed = withPackages([fn('own', old.digest), fn('twin', old.digest), fn('other', old.digest)], repacked);
    expect(changed.map(({ metadata }) => metadata.name)).toEqual(['own', 'twin']);
    expect(changed[0]?.spec).toEqual({ package: { digest, size: bytes.length } });
  });

  it('changes nothing, where it has the content that it had', () => {
    const { old, units } = saved('export const handler = () => 1;');
    const repacked = repack(units, units);
    expect(repacked.packages.size).toBe(0);
    expect(withPackages([fn('own', old.digest)], repacked)).toEqual([]);
  });
});
