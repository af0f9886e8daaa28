import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedFiles } from './generated-files.ts';
import { ERRORS } from './errors.ts';

const root = dirname(import.meta.dirname);

test.each([...generatedFiles()])('%s is what `node protocol/generate.ts` writes', (path, content) => {
  expect(existsSync(join(root, path))).toBe(true);
  expect(readFileSync(join(root, path), 'utf8')).toBe(content);
});

test('the reference of errors has a row for each code', () => {
  const page = generatedFiles().get('docs/reference/errors.md') ?? '';
  expect(Object.keys(ERRORS).filter((code) => !page.includes(`| \`${code}\` |`))).toEqual([]);
});
