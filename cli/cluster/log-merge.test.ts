import { describe, expect, it } from 'vitest';
import { compareTimes, newestLines, parsePodLine, toJsonLine } from './log-merge.ts';

describe('lines of several pods', () => {
  it('lose their time stamp, and only that', () => {
    expect(parsePodLine('shop/a', '2026-01-01T00:00:00.5Z {"msg":"x  y"}')).toEqual({ pod: 'shop/a', time: '2026-01-01T00:00:00.5Z', text: '{"msg":"x  y"}' });
    expect(parsePodLine('shop/a', 'no time at all').text).toBe('no time at all');
  });

  it('stand in the order of their times; the newest remain', () => {
    const line = (pod: string, seconds: string) => ({ pod, time: `2026-01-01T00:00:${seconds}Z`, text: `${pod}${seconds}` });
    const lines = [line('a', '01.5'), line('a', '03'), line('b', '01.499999999'), line('b', '02')];
    expect(newestLines(lines, 3).map(({ text }) => text)).toEqual(['a01.5', 'b02', 'a03']);
    expect(newestLines(lines, 0)).toEqual([]);
  });

  it.each([
    ['2026-01-01T00:00:00.1Z', '2026-01-01T00:00:00.09Z', 1],
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000000001Z', -1],
    ['2026-01-01T02:00:00.5+02:00', '2026-01-01T00:00:00.5Z', 0],
  ])('%s against %s: %d', (a, b, order) => {
    expect(compareTimes(a, b)).toBe(order);
  });

  it('are JSON with their pod for machines, whatever a function prints', () => {
    const json = (text: string) => JSON.parse(toJsonLine({ pod: 'shop/a', time: 't', text })) as object;
    expect([json('{"msg":"x"}'), json('plain'), json('[1]')]).toEqual([
      { msg: 'x', instance: 'shop/a' },
      { time: 't', line: 'plain', instance: 'shop/a' },
      { time: 't', line: '[1]', instance: 'shop/a' },
    ]);
  });
});
