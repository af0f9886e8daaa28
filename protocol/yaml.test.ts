import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderYaml } from './yaml.ts';

/** Text that some YAML parser takes for something else, and text that needs care. */
const TRICKY = [
  'on',
  'off',
  'yes',
  'No',
  'y',
  'N',
  'true',
  'False',
  'null',
  'Null',
  '~',
  '',
  ' ',
  'a ',
  ' a',
  '-',
  '- a',
  '?',
  ':',
  'a: b',
  'a:',
  'a #b',
  '#',
  '&a',
  '*a',
  '!a',
  '|',
  '>',
  '%a',
  '@a',
  '`a`',
  '0775',
  '0o17',
  '0x1F',
  '1e3',
  'e0',
  'E-5',
  '1_000',
  '1:30',
  '12:30:45',
  '.5',
  '.inf',
  '.nan',
  '-1',
  '+1',
  '1.0',
  '2026-11-21',
  '2026-11-21T10:00:00Z',
  '=',
  '<<',
  '{a}',
  '[a]',
  ',a',
  '"a"',
  "'a'",
  '1',
  '30s',
  '10Mi',
  'a\nb',
  'a\nb\n',
  'a\n\nb\n\n',
  ' a\nb',
  '\na',
  'a\n  b\n c',
  'a\n \n',
  'a\tb\nc',
  'tab\t',
  '\u0085',
  '\u2028',
  '\ufeffa',
  '\u007f',
  'é',
  '日本',
  '😀',
  'a\r\nb',
  '# a\nb: c',
  '---',
  '--- a\nb',
  '...\na',
];

test.each(TRICKY)('%j is read back as the same text by YAML 1.1 and YAML 1.2', (text) => {
  const value = { key: text, [text]: 'value', list: [text, { nested: text }] };
  expect(parse(renderYaml(value), { version: '1.1', merge: false })).toEqual(value);
  expect(parse(renderYaml(value), { version: '1.2' })).toEqual(value);
});

test('any JSON value is read back as the same by YAML 1.1 and YAML 1.2', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.constantFrom(...TRICKY),
    fc.array(fc.constantFrom('a', ' ', '\n', '#', ':', '-', '  ')).map((parts) => parts.join('')),
  );
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(text, tie('value'), { maxKeys: 4 }),
    ),
  }));
  fc.assert(
    fc.property(value, (any) => {
      const plain = JSON.parse(JSON.stringify(any)) as unknown;
      expect(parse(renderYaml(plain), { version: '1.1', merge: false })).toEqual(plain);
      expect(parse(renderYaml(plain), { version: '1.2' })).toEqual(plain);
    }),
    { numRuns: 400 },
  );
});

test('what people write stands as they write it', () => {
  const value = {
    name: 'hello',
    digest: 'sha256:ab12',
    url: 'http://127.0.0.1:8080/hello',
    timeout: '30s',
    mode: '0775',
    on: 'yes',
    empty: {},
    none: [],
    list: ['a', { b: 1, c: 2 }],
    text: 'line 1\nline 2\n',
  };
  expect(renderYaml(value)).toBe(
    [
      'name: hello',
      'digest: sha256:ab12',
      'url: http://127.0.0.1:8080/hello',
      'timeout: 30s',
      'mode: "0775"',
      '"on": "yes"',
      'empty: {}',
      'none: []',
      'list:',
      '  - a',
      '  - b: 1',
      '    c: 2',
      'text: |',
      '  line 1',
      '  line 2',
      '',
    ].join('\n'),
  );
});

test('numbers are numbers for both versions', () => {
  const value = [0, -1, 1.5, 1e21, 1e-7, 9_007_199_254_740_991];
  expect(parse(renderYaml(value), { version: '1.1' })).toEqual(value);
  expect(parse(renderYaml(value), { version: '1.2' })).toEqual(value);
});
