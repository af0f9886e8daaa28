import { expect, test } from 'vitest';
import { decideTicks, formatTime, scheduleProblem, tickId } from './ticks.ts';

const at = (time: string) => new Date(`2026-03-01T${time}Z`);
const hourly = { schedule: '0 * * * *', timeZone: 'UTC', missed: 'skip' as const };
const secondly = { schedule: '* * * * * *', timeZone: 'UTC', missed: 'skip' as const };

const table = [
  { policy: 'nothing is due before the time', timer: hourly, after: at('10:00:00'), now: at('10:59:59'), fire: [], next: at('11:00:00') },
  { policy: 'a tick fires at its time', timer: hourly, after: at('10:00:00'), now: at('11:00:00'), fire: [at('11:00:00')], next: at('12:00:00') },
  { policy: 'and a little late too', timer: hourly, after: at('10:00:00'), now: at('11:00:03'), fire: [at('11:00:00')], next: at('12:00:00') },
  { policy: 'it fires once', timer: hourly, after: at('11:00:00'), now: at('11:00:03'), fire: [], next: at('12:00:00') },
  {
    policy: 'a busy moment loses no tick',
    timer: secondly,
    after: at('10:00:00'),
    now: at('10:00:03'),
    fire: [at('10:00:01'), at('10:00:02'), at('10:00:03')],
    next: at('10:00:04'),
  },
  { policy: 'missed ticks are left with skip', timer: hourly, after: at('03:00:00'), now: at('10:30:00'), fire: [], next: at('11:00:00') },
  {
    policy: 'the newest missed tick fires with once',
    timer: { ...hourly, missed: 'once' as const },
    after: at('03:00:00'),
    now: at('10:30:00'),
    fire: [at('10:00:00')],
    next: at('11:00:00'),
  },
  {
    policy: 'with once, what was fired is not missed',
    timer: { ...hourly, missed: 'once' as const },
    after: at('10:00:00'),
    now: at('10:30:00'),
    fire: [],
    next: at('11:00:00'),
  },
  {
    policy: 'a tick on time is not fired twice by once',
    timer: { ...hourly, missed: 'once' as const },
    after: at('03:00:00'),
    now: at('10:00:01'),
    fire: [at('10:00:00')],
    next: at('11:00:00'),
  },
];

test.each(table)('$policy', ({ timer, after, now, fire, next }) => {
  expect(decideTicks({ timer, after, now })).toEqual({ fire, next });
});

test('time zones move the schedule, also over the change to summer time', () => {
  const timer = { schedule: '0 9 * * *', timeZone: 'Europe/Berlin', missed: 'skip' as const };
  expect(decideTicks({ timer, after: at('00:00:00'), now: at('00:00:00') }).next).toEqual(at('08:00:00'));
  const summer = new Date('2026-06-01T00:00:00Z');
  expect(decideTicks({ timer, after: summer, now: summer }).next).toEqual(new Date('2026-06-01T07:00:00Z'));
});

test('a schedule that never comes again has no next tick', () => {
  expect(decideTicks({ timer: { ...hourly, schedule: '0 0 30 2 *' }, after: at('00:00:00'), now: at('00:00:00') }).next).toBeUndefined();
});

test.each([
  { what: 'a minute that does not exist', timer: { schedule: '61 * * * *', timeZone: 'UTC' }, says: 'minute' },
  { what: 'a time zone that does not exist', timer: { schedule: '1 * * * *', timeZone: 'Mars/Olympus' }, says: 'Mars/Olympus' },
  { what: 'a date in place of a schedule', timer: { schedule: '2026-01-01T00:00:00', timeZone: 'UTC' }, says: 'five' },
])('$what is named', ({ timer, says }) => {
  expect(scheduleProblem(timer)).toContain(says);
  expect(scheduleProblem({ schedule: '*/5 * * * *', timeZone: 'UTC' })).toBeUndefined();
});

test('the id of a tick is its trigger and its scheduled time', () => {
  expect(tickId('nightly', at('03:00:00'))).toBe('nightly/2026-03-01T03:00:00Z');
  expect(formatTime(at('03:00:00'))).toBe('2026-03-01T03:00:00Z');
});
