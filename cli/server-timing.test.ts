import { expect, it } from 'vitest';
import { parseServerTiming, renderPhases } from './server-timing.ts';

it('reads the phases of a cold start, and leaves out what has no duration', () => {
  const phases = parseServerTiming('queue;dur=1.25, allocate;desc="pool";dur=20, miss, broken;dur=x');
  expect(phases).toEqual([
    { name: 'queue', ms: 1.25 },
    { name: 'allocate', ms: 20 },
  ]);
  expect(renderPhases(phases)).toBe('queue 1.3, allocate 20');
});

it('an answer without the header has no phases', () => {
  expect(parseServerTiming(null)).toEqual([]);
});
