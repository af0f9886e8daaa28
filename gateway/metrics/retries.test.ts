import { expect, test } from 'vitest';
import { createMetrics } from '../../kit/metrics.ts';
import { countRetries } from './retries.ts';

test('tries made again are counted by why, and each reason is there before it happens', () => {
  const metrics = createMetrics();
  const retried = countRetries(metrics);
  retried('broken');
  retried('broken');
  const lines = metrics.render().split('\n');
  expect(lines).toEqual(expect.arrayContaining(['fibonacci_retries_total{reason="broken"} 2', 'fibonacci_retries_total{reason="unconnected"} 0']));
});
