import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyPackages, importedPackages } from './production-packages.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fib-packages-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (files: Readonly<Record<string, string>>) => {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
};
const manifest = (version: string, dependencies: object = {}, optionalDependencies: object = {}) =>
  JSON.stringify({ version, dependencies: { ...dependencies, ...optionalDependencies }, optionalDependencies });
const copied = () => readdirSync(join(folder, 'out'), { recursive: true, encoding: 'utf8' }).sort();
const versionAt = (path: string) => (JSON.parse(readFileSync(join(folder, 'out', path, 'package.json'), 'utf8')) as { version: string }).version;

describe('the packages that code imports', () => {
  it('are those of static and dynamic imports and of require, by name, without Node.js’ own', () => {
    write({
      'app/a.js': `import x from 'plain';\nimport { y } from "@scope/pkg/deep/file.js";\nimport 'side-effect';\nexport * from 'again';\nawait import('dynamic/sub');\nrequire('part/of/it.js');`,
      'app/deep/b.js': `import { z } from './local.js';\nimport fs from 'node:fs';\nimport path from 'path';`,
      'app/c.ts': `import 'not-compiled';`,
    });
    expect(importedPackages(join(folder, 'app'))).toEqual(['@scope/pkg', 'again', 'dynamic', 'part', 'plain', 'side-effect']);
  });
});

describe('packages for an image', () => {
  it('come with what they depend on, and without what nobody runs', () => {
    write({
      'node_modules/a/package.json': manifest('1.0.0', { b: '1' }),
      'node_modules/a/index.js': '',
      'node_modules/a/index.d.ts': '',
      'node_modules/a/index.js.map': '',
      'node_modules/a/README.md': '',
      'node_modules/a/LICENSE': '',
      'node_modules/a/test/t.js': '',
      'node_modules/a/lib/test/needed.js': '',
      'node_modules/b/package.json': manifest('1.0.0'),
      'node_modules/unused/package.json': manifest('1.0.0'),
    });
    copyPackages(['a'], folder, join(folder, 'out'));
    expect(copied().filter((path) => /\.|LICENSE/.test(path))).toEqual(
      ['a/LICENSE', 'a/index.js', 'a/lib/test/needed.js', 'a/package.json', 'b/package.json'].map((path) => `node_modules/${path}`),
    );
  });

  it('keep two versions of one package apart, each where its dependant finds it', () => {
    write({
      'node_modules/a/package.json': manifest('1.0.0', { c: '2' }),
      'node_modules/a/node_modules/c/package.json': manifest('2.0.0', { d: '1' }),
      'node_modules/c/package.json': manifest('1.0.0'),
      'node_modules/d/package.json': manifest('1.0.0', { c: '1' }),
    });
    copyPackages(['c', 'a'], folder, join(folder, 'out'));
    expect([versionAt('node_modules/c'), versionAt('node_modules/a/node_modules/c'), versionAt('node_modules/d')]).toEqual(['1.0.0', '2.0.0', '1.0.0']);
  });

  it('are found where a package manager links them', () => {
    write({
      'store/a/node_modules/a/package.json': manifest('1.0.0', { b: '1' }),
      'store/a/node_modules/b/package.json': manifest('3.0.0'),
      'node_modules/x': '',
    });
    symlinkSync(join(folder, 'store/a/node_modules/a'), join(folder, 'node_modules/a'));
    copyPackages(['a'], folder, join(folder, 'out'));
    expect(versionAt('node_modules/b')).toBe('3.0.0');
  });

  it('come with their peers, but for those that are optional', () => {
    const peers = { version: '1.0.0', peerDependencies: { b: '1', types: '1' }, peerDependenciesMeta: { types: { optional: true } } };
    write({
      'node_modules/a/package.json': JSON.stringify(peers),
      'node_modules/b/package.json': manifest('1.0.0'),
      'node_modules/types/package.json': manifest('1.0.0'),
    });
    copyPackages(['a'], folder, join(folder, 'out'));
    expect(readdirSync(join(folder, 'out/node_modules')).sort()).toEqual(['a', 'b']);
  });

  it('may lack what is optional; what else is missing is named with who needs it', () => {
    write({ 'node_modules/a/package.json': manifest('1.0.0', {}, { native: '1' }), 'node_modules/b/package.json': manifest('1.0.0', { lost: '1' }) });
    expect(() => copyPackages(['a'], folder, join(folder, 'out'))).not.toThrow();
    expect(() => copyPackages(['b'], folder, join(folder, 'out'))).toThrow(/npm package lost is not installed \(.*node_modules\/b needs it\): run `npm ci`/);
  });
});
