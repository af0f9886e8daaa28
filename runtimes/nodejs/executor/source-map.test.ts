import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createStackMapper } from './source-map.ts';

/** `AAAA;AACA`: line 1 and 2 of the file are line 1 and 2 of the first source. */
const map = (source: string, mappings = 'AAAA;AACA') => JSON.stringify({ version: 3, sources: [source], names: [], mappings });

function packageWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'fib-maps-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test.each([
  ['a source in the package', map('src/a.ts'), 'src/a.ts:2:1'],
  ['a source above the folder that was packed', map('../../shared/a.ts'), 'shared/a.ts:2:1'],
])('%s takes the place of the file, as a URL and as a path', (_name, content, expected) => {
  const folder = packageWith({ 'index.mjs.map': content });
  const mapStack = createStackMapper(folder);
  const file = join(folder, 'index.mjs');
  expect(mapStack(`Error: x\n    at f (${pathToFileURL(file).href}:2:1)\n    at ${file}:2:1`)).toBe(
    `Error: x\n    at f (${join(folder, expected)})\n    at ${join(folder, expected)}`,
  );
});

test('a source that is no file keeps its name', () => {
  const folder = packageWith({ 'index.mjs.map': map('webpack://app/a.ts') });
  expect(createStackMapper(folder)(`at ${folder}/index.mjs:1:1`)).toBe('at webpack://app/a.ts:1:1');
});

test.each([
  ['no map', {}],
  ['a map that is no JSON', { 'index.mjs.map': '{' }],
  ['a map of another form', { 'index.mjs.map': '7' }],
  ['a map whose source is no text', { 'index.mjs.map': '{"version":3,"sources":[null],"names":[],"mappings":"AAAA;AACA"}' }],
  ['a map without sources', { 'index.mjs.map': '{"version":3,"mappings":"AAAA"}' }],
  ['a map of nothing', { 'index.mjs.map': map('a.ts', '') }],
])('%s leaves the stack as it is', (_name, files) => {
  const folder = packageWith(files);
  const stack = `Error: x\n    at f (${folder}/index.mjs:2:1)\n    at node:internal/a:1:1\n    at g (file://%zz/a:1:1)\n    at h (/elsewhere/index.mjs:1:1)`;
  expect(createStackMapper(folder)(stack)).toBe(stack);
});
