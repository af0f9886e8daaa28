import type { Construct } from 'constructs';
import { triggerSpec, type TimerTriggerSpec } from '../protocol/schema/trigger.ts';
import type { Function } from './function.ts';
import { targetProblems } from './function-checks.ts';
import { checkProps, defined, type PropNames, schemaDefault } from './props.ts';
import { Resource, type ResourceProps } from './resource.ts';
import { targetName } from './target.ts';

export interface TimerTriggerProps extends ResourceProps<'Trigger'> {
  /** The function that is called, of the same namespace. */
  readonly function: Function;
  /** Five-field cron (minute, hour, day, month, weekday), or six with seconds first. */
  readonly schedule: string;
  /** IANA name of the time zone that the schedule is read in. @default 'UTC' */
  readonly timeZone?: string;
  /** Ticks that fell due while no scaler ran: leave them (`skip`), or fire the last one (`once`). @default 'skip' */
  readonly missed?: TimerTriggerSpec['missed'];
  /** JSON value sent as the event's data, at most 16 KiB as text. @default - no data */
  readonly data?: unknown;
}

const PROPS: PropNames<TimerTriggerProps> = { function: true, schedule: true, timeZone: true, missed: true, data: true, transform: true };

/**
 * Calls a function on a schedule, with a CloudEvent whose id is `<trigger>/<scheduled time>`.
 *
 * @example new TimerTrigger(stack, 'cleanup-nightly', { function: cleanup, schedule: '0 3 * * *', timeZone: 'Europe/Berlin' });
 * @throws PlatformError SPEC_INVALID with every issue; STACK_INVALID for an id that is taken
 */
export class TimerTrigger extends Resource<'Trigger'> {
  constructor(scope: Construct, id: string, props: TimerTriggerProps) {
    const what = `TimerTrigger ${JSON.stringify(id)}`;
    checkProps(what, props, PROPS);
    const schema = triggerSpec.properties.timer;
    const timer = defined({
      schedule: props.schedule,
      timeZone: props.timeZone ?? schemaDefault<string>(schema, 'timeZone'),
      missed: props.missed ?? schemaDefault<TimerTriggerSpec['missed']>(schema, 'missed'),
      data: props.data === undefined ? undefined : JSON.stringify(props.data),
    }) as TimerTriggerSpec;
    const spec = { function: targetName(what, props.function), timer };
    super(scope, id, 'Trigger', props.transform, () => spec);
    this.check();
    this.node.addDependency(props.function);
    this.node.addValidation({ validate: () => targetProblems(this.namespace, this.node.root, props.function) });
  }
}
