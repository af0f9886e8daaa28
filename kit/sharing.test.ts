import { expect, test } from 'vitest';
import { createSharing } from './sharing.ts';

const parse = (text: string): Record<string, Record<string, unknown>> => JSON.parse(text) as Record<string, Record<string, unknown>>;
const LONG = 'x'.repeat(300);

test('what is equal in two objects is there once, and what differs stays as it was', () => {
  const share = createSharing();
  const text = (name: string) => `{"name":"${name}","long":"${LONG}","scaling":{"maxReplicas":10,"window":{"seconds":60}},"list":["a"]}`;
  const [a, b] = [share(parse(text('a'))), share(parse(text('b')))];
  expect([a, b]).toEqual([parse(text('a')), parse(text('b'))]);
  expect(a['scaling']).toBe(b['scaling']);
  expect(a['list']).toBe(b['list']);
});

test('what is shared cannot be changed for all by one', () => {
  const { scaling } = createSharing()(parse(`{"long":"${LONG}","scaling":{"maxReplicas":10}}`));
  expect(() => {
    (scaling as Record<string, unknown>)['maxReplicas'] = 11;
  }).toThrow(TypeError);
});

test('a text that looks like an object is none', () => {
  const share = createSharing();
  const [object, text] = [share(parse(`{"a":{"value":"of a"}}`)['a']), share(JSON.parse(JSON.stringify(`{"value":"of a"}`)) as string)];
  expect([object, text]).toEqual([{ value: 'of a' }, '{"value":"of a"}']);
});

test('what is asked for again and again is remembered, what was seen once is forgotten', () => {
  const share = createSharing();
  const often = share({ often: 'asked for' });
  const once = share({ once: 'in a lifetime' });
  for (let n = 0; n < 10_000; n++) {
    share({ unique: `number ${n}` });
    if (n % 1000 === 0) expect(share({ often: 'asked for' })).toBe(often);
  }
  expect(share({ once: 'in a lifetime' })).not.toBe(once);
});
