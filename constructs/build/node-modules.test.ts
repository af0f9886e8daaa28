import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Code } from '../code.ts';

const DEPENDS = '{"dependencies":{"left-pad":"1","yaml":"2"}}';

function pack(files: Readonly<Record<string, string>>): void {
  const folder = mkdtempSync(join(tmpdir(), 'fib-modules-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries({ 'index.mjs': '', ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  Code.fromDirectory(folder).pack({ baseDirectory: folder, runtime: 'nodejs', handler: 'index.handler' });
}

test.each([
  ['package-lock.json', 'npm ci'],
  ['pnpm-lock.yaml', 'pnpm install'],
  ['yarn.lock', 'yarn install'],
])('dependencies that %s locks and nobody installed are told before anything runs', (lock, command) => {
  expect(() => pack({ 'package.json': DEPENDS, [lock]: '' })).toThrow(
    new RegExp(`has ${lock} and no node_modules, .* depends on left-pad, yaml: run ${command}.* in it, or pack it with Code\\.bundle`),
  );
});

test('of many dependencies the first are named', () => {
  const dependencies = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`d${index}`, '1']));
  expect(() => pack({ 'package.json': JSON.stringify({ dependencies }), 'package-lock.json': '' })).toThrow('d0, d1, d2, d3, d4, 3 more');
});

test.each<[string, Record<string, string>]>([
  ['that are installed', { 'package.json': DEPENDS, 'package-lock.json': '', 'node_modules/left-pad/index.js': '' }],
  ['for development alone', { 'package.json': '{"devDependencies":{"vitest":"5"}}', 'package-lock.json': '' }],
  ['with no lock: they may be in the image', { 'package.json': DEPENDS }],
  ['of a package.json that is none', { 'package.json': '{', 'package-lock.json': '' }],
  ['of a package.json of another form', { 'package.json': '{"dependencies":7}', 'package-lock.json': '' }],
])('dependencies %s are no problem', (_name, files) => {
  expect(() => pack(files)).not.toThrow();
});
