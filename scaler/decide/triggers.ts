import { decideRoutes, describeConflict } from '../../protocol/routes.ts';
import { functionName } from '../../protocol/names.ts';
import type { TriggerResource } from '../../protocol/schema/resources.ts';
import { scheduleProblem } from './ticks.ts';

export interface TriggerVerdict {
  readonly accepted: boolean;
  readonly reason: 'Accepted' | 'FunctionNotFound' | 'RouteConflict' | 'InvalidSchedule';
  readonly message: string;
}

const ACCEPTED: TriggerVerdict = { accepted: true, reason: 'Accepted', message: '' };

/** What becomes of every trigger; keys are `<namespace>/<name>`. A route claimed twice goes to the oldest claim. */
export function decideTriggers(triggers: readonly TriggerResource[], functionExists: (name: string) => boolean): Map<string, TriggerVerdict> {
  const conflicts = new Map(decideRoutes(triggers).rejected.map((conflict) => [conflict.trigger, describeConflict(conflict)]));
  const judge = (trigger: TriggerResource): TriggerVerdict => {
    const { metadata, spec } = trigger;
    const fn = functionName(metadata.namespace, spec.function);
    if (!functionExists(fn))
      return { accepted: false, reason: 'FunctionNotFound', message: `function ${fn} does not exist: add it to the stack, or remove the trigger` };
    const conflict = conflicts.get(trigger);
    if (conflict !== undefined) return { accepted: false, reason: 'RouteConflict', message: conflict };
    const problem = spec.timer && scheduleProblem(spec.timer);
    return problem === undefined ? ACCEPTED : { accepted: false, reason: 'InvalidSchedule', message: problem };
  };
  return new Map(triggers.map((trigger) => [functionName(trigger.metadata.namespace, trigger.metadata.name), judge(trigger)]));
}
