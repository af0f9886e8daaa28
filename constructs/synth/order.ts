import { rankOf } from './group-kind.ts';
import { PHASES, type SynthObject } from './object.ts';
import type { Problem } from './problem.ts';

/** The objects in the order to apply them: by phase, kind and id, but none before what it needs. A circle is a problem. */
export function orderObjects(objects: readonly SynthObject[]): { readonly ordered: readonly SynthObject[]; readonly problems: readonly Problem[] } {
  const byId = new Map(objects.map((object) => [object.id, object]));
  const ordered: SynthObject[] = [];
  const problems: Problem[] = [];
  const state = new Map<SynthObject, 'open' | 'done'>();
  const visit = (object: SynthObject): void => {
    if (state.get(object) === 'done') return;
    state.set(object, 'open');
    for (const need of object.deps.map((id) => byId.get(id))) {
      if (!need) continue;
      if (state.get(need) === 'open')
        problems.push({
          path: object.path,
          code: 'STACK_INVALID',
          message: `depends on ${need.path}, which depends on it; remove one of the two dependencies`,
        });
      else visit(need);
    }
    state.set(object, 'done');
    ordered.push(object);
  };
  const keyed = objects.map((object) => ({ object, phase: PHASES.indexOf(object.phase), rank: rankOf(object.object) }));
  keyed.sort((a, b) => a.phase - b.phase || a.rank - b.rank || (a.object.id < b.object.id ? -1 : 1));
  keyed.forEach(({ object }) => visit(object));
  return { ordered, problems };
}
