import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { silentLog } from '../../kit/log.ts';
import { API_VERSION } from '../../protocol/names.ts';
import type { TriggerResource } from '../../protocol/schema/resources.ts';
import type { TimerTriggerSpec } from '../../protocol/schema/trigger.ts';
import { formatTime } from '../decide/ticks.ts';
import { createTimers, type Timers } from './timers.ts';

let timers: Timers;
let sent: string[];
let answered: string[];
let broken: boolean;

beforeEach(() => {
  vi.useFakeTimers({ now: new Date('2026-03-01T10:00:00.500Z') });
  [sent, answered, broken] = [[], [], false];
  timers = createTimers({
    log: silentLog,
    now: Date.now,
    invoker: {
      async invoke(_, scheduled) {
        sent.push(formatTime(scheduled).slice(11));
        if (broken) throw new Error('answered 503');
      },
    },
    onAnswered: (_, scheduled) => void answered.push(formatTime(scheduled).slice(11)),
  });
});
afterEach(async () => {
  const closing = timers.close();
  await vi.runAllTimersAsync();
  await closing;
  vi.useRealTimers();
});

function trigger(timer: Partial<TimerTriggerSpec>, lastTick?: string): TriggerResource {
  return {
    apiVersion: API_VERSION,
    kind: 'Trigger',
    metadata: { namespace: 'shop', name: 'tick', creationTimestamp: '2026-02-01T00:00:00Z' },
    spec: { function: 'cart', timer: { schedule: '* * * * * *', timeZone: 'UTC', missed: 'skip', ...timer } },
    ...(lastTick && { status: { lastTick } }),
  };
}

test('each tick is sent at its time, once, and remembered when it is answered', async () => {
  timers.put(trigger({}, '2026-03-01T10:00:00Z'));
  await vi.advanceTimersByTimeAsync(3000);
  expect(sent).toEqual(['10:00:01Z', '10:00:02Z', '10:00:03Z']);
  expect(answered).toEqual(sent);
});

test('a tick that is not answered is sent again under the same id, with growing waits', async () => {
  broken = true;
  timers.put(trigger({ schedule: '0 * * * * *' }, '2026-03-01T10:00:00Z'));
  await vi.advanceTimersByTimeAsync(62_000);
  broken = false;
  await vi.advanceTimersByTimeAsync(5000);
  expect(sent).toEqual(['10:01:00Z', '10:01:00Z', '10:01:00Z', '10:01:00Z']);
  expect(answered).toEqual(['10:01:00Z']);
});

test('a tick is given up when the next one is due', async () => {
  broken = true;
  timers.put(trigger({ schedule: '*/2 * * * * *' }, '2026-03-01T10:00:00Z'));
  await vi.advanceTimersByTimeAsync(4000);
  expect(new Set(sent)).toEqual(new Set(['10:00:02Z', '10:00:04Z']));
  expect(sent.filter((time) => time === '10:00:02Z')).toHaveLength(3);
});

test('after a break, once fires the newest missed tick and skip none', async () => {
  timers.put(trigger({ schedule: '0 0 * * * *', missed: 'once' }, '2026-03-01T05:00:00Z'));
  await vi.advanceTimersByTimeAsync(100);
  expect(sent).toEqual(['10:00:00Z']);
  timers.put({ ...trigger({ schedule: '0 30 * * * *' }, '2026-03-01T05:00:00Z'), metadata: { namespace: 'shop', name: 'other' } });
  await vi.advanceTimersByTimeAsync(100);
  expect(sent).toEqual(['10:00:00Z']);
});

test('a removed timer sends nothing more', async () => {
  timers.put(trigger({}, '2026-03-01T10:00:00Z'));
  await vi.advanceTimersByTimeAsync(1000);
  timers.remove('shop', 'tick');
  await vi.advanceTimersByTimeAsync(5000);
  expect(sent).toEqual(['10:00:01Z']);
});

test('a changed timer does not repeat what was sent', async () => {
  timers.put(trigger({}, '2026-03-01T10:00:00Z'));
  await vi.advanceTimersByTimeAsync(1000);
  timers.put(trigger({ data: '{"new":true}' }, '2026-03-01T10:00:00Z'));
  await vi.advanceTimersByTimeAsync(1000);
  expect(sent).toEqual(['10:00:01Z', '10:00:02Z']);
});
