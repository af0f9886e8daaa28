import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readRequirements } from './python-requirements.ts';

function read(files: Readonly<Record<string, string>>): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'fib-requirements-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return readRequirements(folder);
}

test('comments, blank lines and continued lines make no difference', () => {
  const plain = read({ 'requirements.txt': 'a==1 --hash=sha256:00\nb==2\n' });
  expect(read({ 'requirements.txt': '# lock\n\na==1 \\\r\n--hash=sha256:00 # why\r\n  b==2' })).toBe(plain);
});

test.each(['', '\n\n', '# nothing yet\n'])('a file that names nothing (%j) asks for nothing', (text) => {
  expect(read({ 'requirements.txt': text })).toBeUndefined();
});

test('files that are included count', () => {
  const files = (more: string) => ({ 'requirements.txt': '-r base.txt\n--constraint=pins.txt\na', 'base.txt': `b==${more}`, 'pins.txt': `a==${more}` });
  expect(read(files('1'))).not.toBe(read(files('2')));
  expect(read(files('1'))).toContain('b==1');
});

test.each<[string, Record<string, string>, RegExp]>([
  ['is missing', { 'requirements.txt': '-r gone.txt' }, /gone\.txt is included .* cannot be read/],
  ['includes itself', { 'requirements.txt': '-r a.txt', 'a.txt': '-r requirements.txt' }, /requirements\.txt includes itself/],
])('a file that %s is told', (_name, files, message) => {
  expect(() => read(files)).toThrow(message);
});

test.each([
  '-e .',
  '--editable=./lib',
  './lib',
  '../lib',
  '/srv/lib',
  'file:///srv/lib',
  'git+https://example.com/lib.git',
  'lib @ git+https://example.com/lib.git@v1',
  'lib[extra] @ file:///srv/lib',
  '--no-binary lib',
])('%s is no wheel, and refused with its line', (line) => {
  expect(() => read({ 'requirements.txt': `a==1\n${line}\n` })).toThrow(`requirements.txt has the line "${line}"`);
});

test.each([
  'lib==1.0',
  'lib[extra]>=1,<2; python_version < "3.14"',
  '--find-links ../wheels',
  '--extra-index-url https://pypi.example.com/simple',
  'lib @ https://example.com/lib-1-py3-none-any.whl#sha256=00',
])('%s is taken as it is', (line) => {
  expect(read({ 'requirements.txt': line })).toBe(line);
});
