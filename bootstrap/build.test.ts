import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

const { sourceDigest } = (await import(new URL('./build.mjs', import.meta.url).href)) as { sourceDigest(root: string): string };

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fib-build-'));
  for (const name of ['tsconfig.json', 'tsconfig.base.json', 'package-lock.json', ...FOLDERS.map((folder) => `${folder}/index.ts`)]) write(name, '');
});
afterEach(() => rmSync(root, { recursive: true }));

const FOLDERS = ['protocol', 'kit', 'constructs', 'stacks', 'testing', 'gateway', 'scaler', 'artifacts', 'runtimes/nodejs', 'runtimes/python', 'cli'];

function write(name: string, text: string): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
}

it.each(FOLDERS)('compiles again after an edit in %s/', (folder) => {
  const before = sourceDigest(root);
  expect(sourceDigest(root)).toBe(before);
  write(`${folder}/index.ts`, 'export {};');
  expect(sourceDigest(root)).not.toBe(before);
});
