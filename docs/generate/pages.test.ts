import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseDocComment } from './doc-comment.ts';
import { readExports } from './exports.ts';
import { referencePages } from './pages.ts';

const ROOT = join(import.meta.dirname, '../..');

test.each([...referencePages()])('%s is what `node docs/generate/main.ts` writes', (path, content) => {
  expect(readFileSync(join(ROOT, path), 'utf8')).toBe(content);
});

test.each(['constructs/index.ts', 'stacks/index.ts'])('everything that %s exports is documented, and every prop', (index) => {
  const bare = readExports(join(ROOT, index)).flatMap(({ kind, name, doc, members }) => [
    ...(doc.text === '' && kind !== 'interface' && kind !== 'type' ? [name] : []),
    ...(kind === 'interface' ? members.filter((member) => member.doc.text === '').map((member) => `${name}.${member.name}`) : []),
  ]);
  expect(bare).toEqual([]);
});

test('a comment’s tags are told apart, on lines of their own and behind the text', () => {
  expect(parseDocComment('* Bytes of it: 1 to 64. @default 16 ')).toEqual({ text: 'Bytes of it: 1 to 64.', default: '16', internal: false });
  expect(parseDocComment('*\n   * Two\n   * lines.\n   *\n   * @example\n   * a();\n   *   b();\n   * @throws Error where not\n   ')).toEqual({
    text: 'Two\nlines.',
    example: 'a();\n  b();',
    throws: 'Error where not',
    internal: false,
  });
  expect(parseDocComment('* @internal ').internal).toBe(true);
});
