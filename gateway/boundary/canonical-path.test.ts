import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalPath } from './canonical-path.ts';

test.each([
  ['/', '/'],
  ['/hello/world', '/hello/world'],
  ['/hello/', '/hello/'],
  ['/.well-known/x', '/.well-known/x'],
  ['/a..b/...', '/a..b/...'],
  ['/%68ello', '/hello'],
  ['/a%2eb', '/a.b'],
  ['/caf%c3%a9', '/caf%C3%A9'],
  ['/a%20b', '/a%20b'],
])('%s is %s', (path, canonical) => {
  expect(canonicalPath(path)).toBe(canonical);
});

test.each([
  ['', 'empty'],
  ['*', 'asterisk form'],
  ['a/b', 'no leading slash'],
  ['//', 'empty segment'],
  ['/a//b', 'empty segment'],
  ['/a/../b', 'parent segment'],
  ['/..', 'parent segment at the end'],
  ['/a/./b', 'dot segment'],
  ['/a/.', 'dot segment at the end'],
  ['/%2e%2e/b', 'encoded parent segment'],
  ['/a/.%2E/b', 'half encoded parent segment'],
  ['/a%2fb', 'encoded slash'],
  ['/a%5cb', 'encoded backslash'],
  ['/a\\b', 'backslash'],
  ['/a%00', 'encoded NUL'],
  ['/a%0a', 'encoded line feed'],
  ['/a%zz', 'no hex'],
  ['/a%4', 'cut encoding'],
  ['/a%', 'cut encoding'],
  ['/é', 'raw non-ASCII'],
  ['/a b', 'space'],
  ['/a#b', 'fragment'],
])('%j is refused: %s', (path) => {
  expect(canonicalPath(path)).toBeUndefined();
});

test('what comes out is canonical already, and no reader finds a way up in it', () => {
  const part = fc.constantFrom('/', '.', '..', '%2e', '%2E', '%41', 'a', 'B', '%c3', '%', '2f', '%25');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const canonical = canonicalPath(`/${parts.join('')}`);
      if (canonical === undefined) return;
      expect(canonicalPath(canonical)).toBe(canonical);
      expect(new URL(canonical, 'http://h').pathname).toBe(canonical);
    }),
  );
});
