import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const sources = ['artifacts', 'cli', 'constructs', 'gateway', 'kit', 'protocol', 'runtimes/nodejs', 'scaler', 'testing', 'stacks'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.includes('node_modules'))
    .map((path) => `${folder}/${path}`),
);

it('Pulumi, which is slow to import, is imported here alone: neither synthesis nor a running platform waits for it', () => {
  const importing = sources.filter((path) => /from '@pulumi\/|import\('@pulumi\//.test(readFileSync(join(root, path), 'utf8')));
  expect(importing.filter((path) => !path.startsWith('stacks/'))).toEqual([]);
  const usingUs = sources.filter((path) => !path.startsWith('stacks/') && /from '(?:\.\.\/)+stacks\//.test(readFileSync(join(root, path), 'utf8')));
  expect(usingUs).toEqual([]);
  expect(importing.length).toBeGreaterThan(5);
});
