import { Cron } from 'croner';
import type { TimerTriggerSpec } from '../../protocol/schema/trigger.ts';

export interface TicksInput {
  readonly timer: Pick<TimerTriggerSpec, 'schedule' | 'timeZone' | 'missed'>;
  /** Ticks up to and including this time are done with. */
  readonly after: Date;
  readonly now: Date;
}

export interface TicksDecision {
  /** Scheduled times to fire now, oldest first. */
  readonly fire: readonly Date[];
  /** The next one after now; absent: the schedule has none any more. */
  readonly next: Date | undefined;
}

/** A tick that is this late was not missed: the process was busy, not away. */
export const LATE_MS = 5000;

/** Which ticks are due. Those of the last seconds are fired one by one; of older ones none (`skip`) or the newest alone (`once`). @throws Error if the schedule or time zone is not valid */
export function decideTicks({ timer, after, now }: TicksInput): TicksDecision {
  const cron = parseSchedule(timer);
  const fire: Date[] = [];
  let tick = cron.nextRun(new Date(Math.max(after.getTime(), now.getTime() - LATE_MS)));
  for (; tick && tick <= now; tick = cron.nextRun(tick)) fire.push(tick);
  if (fire.length === 0 && timer.missed === 'once') {
    const [newest] = cron.previousRuns(1, now);
    if (newest && newest > after) fire.push(newest);
  }
  return { fire, next: tick ?? undefined };
}

/** What is wrong with a timer; nothing if it is valid. */
export function scheduleProblem(timer: Pick<TimerTriggerSpec, 'schedule' | 'timeZone'>): string | undefined {
  try {
    parseSchedule(timer).nextRun();
    return undefined;
  } catch (error) {
    return `schedule "${timer.schedule}" in time zone "${timer.timeZone}" is not valid: ${(error as Error).message}`;
  }
}

/** The id of a tick: equal for every attempt, different for every scheduled time. */
export function tickId(trigger: string, scheduled: Date): string {
  return `${trigger}/${formatTime(scheduled)}`;
}

/** RFC 3339 to the second, as schedules have it. */
export function formatTime(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z');
}

function parseSchedule({ schedule, timeZone }: Pick<TimerTriggerSpec, 'schedule' | 'timeZone'>): Cron {
  const fields = schedule.trim().split(/\s+/).length;
  if (fields !== 5 && fields !== 6) throw new Error(`it has ${fields} fields, and a schedule has five, or six with seconds first`);
  return new Cron(schedule, { paused: true, timezone: timeZone, mode: '5-or-6-parts' });
}
