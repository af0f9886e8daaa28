import { expect, test } from 'vitest';
import { placeIn } from './load-error.ts';

test.each([
  ['an ES module', 'Error: x\n    at file:///s/code/1-1/src/a.js:3:7\n', { file: 'src/a.js', line: 3 }],
  ['a CommonJS module', '/s/code/1-1/a.cjs:12\n\nSyntaxError: x', { file: 'a.cjs', line: 12 }],
  ['Node’s own frames before', 'Error: x\n    at f (node:internal/modules/a:1:2)\n    at Object.<anonymous> (/s/code/1-1/b.js:4:1)', { file: 'b.js', line: 4 }],
  ['a path with a space', 'Error\n    at file:///s/code/1-1/my%20dir/a.js:5:1', { file: 'my dir/a.js', line: 5 }],
  ['a file elsewhere', 'Error\n    at file:///usr/lib/x.js:3:7', {}],
  ['a folder whose name only begins the same', 'Error\n    at file:///s/code/1-12/a.js:3:7', {}],
])('the place of %s', (_name, stack, expected) => {
  expect(placeIn(stack, '/s/code/1-1')).toEqual(expected);
});
