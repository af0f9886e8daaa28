import { expect, test } from 'vitest';
import { runKills } from '../load/kill/run-kills.ts';

const short = { kills: 12, intervalMs: 400, instances: 4, clients: 6, compiled: false };

test('instances that are killed cost a client that never retries not one answer', async () => {
  const { kills, requests, wrong } = await runKills({ ...short, retries: 'on' });
  expect(wrong).toEqual([]);
  expect(kills).toBe(short.kills);
  expect(requests).toBeGreaterThan(100);
}, 120_000);

test('without the gateway’s retries they do', async () => {
  const { wrong } = await runKills({ ...short, clients: 12, retries: 'off' });
  expect(wrong.length).toBeGreaterThan(0);
}, 120_000);
