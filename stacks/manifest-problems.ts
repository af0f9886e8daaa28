import type { SynthObject } from '../constructs/synth/object.ts';
import type { Problem } from '../constructs/synth/problem.ts';
import { duplicateProblems } from '../constructs/synth/references.ts';
import { guardPlace } from './guard-places.ts';
import { unknownField } from '../protocol/schema/validate.ts';

/** Why objects cannot become resources: two of one id, or former ids that lead nowhere or to what is there. Pure. */
export function manifestProblems(objects: readonly SynthObject[], formerObjectIds: Readonly<Record<string, string>>): Problem[] {
  const byId = new Map(objects.map((object) => [object.id, object]));
  const renamed = Object.entries(formerObjectIds);
  return [
    ...duplicateProblems(objects),
    ...renamed.flatMap(([id, former], index): Problem[] => {
      const object = byId.get(id);
      if (!object)
        return [invalid('', `formerObjectIds: ${unknownField(id, [...byId.keys()], '').message.replace('unknown field', `there is no object ${id}`)}`)];
      const still = byId.get(former);
      if (still) return [invalid(object.path, `formerObjectIds says that ${id} was ${former}, which is there still, at ${still.path}; take the entry out`)];
      if (kindOf(former) !== kindOf(id))
        return [invalid(object.path, `formerObjectIds says that ${id} was ${former}, of another kind, and no object changes its kind; take the entry out`)];
      const other = renamed.slice(0, index).find(([, claimed]) => claimed === former);
      return other ? [invalid(object.path, `formerObjectIds says of both ${other[0]} and ${id} that they were ${former}; leave one`)] : [];
    }),
  ];
}

function kindOf(id: string): string | undefined {
  return id.split('/')[0];
}

/** A guard that no object asks would guard nothing. Pure. */
export function guardProblems(objects: readonly SynthObject[]): Problem[] {
  if (objects.some(({ object }) => guardPlace(object))) return [];
  return [invalid('', 'guard has nothing to guard here, as there is no platform among the objects: give it to the component of the platform')];
}

function invalid(path: string, message: string): Problem {
  return { path, code: 'STACK_INVALID', message };
}
