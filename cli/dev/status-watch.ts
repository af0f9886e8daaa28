import type { Store } from '../../kit/store/store.ts';
import { functionName } from '../../protocol/names.ts';
import type { FunctionResource } from '../../protocol/schema/resources.ts';

export interface FunctionProblem {
  /** `<namespace>/<name>`. */
  readonly function: string;
  readonly code: string;
  readonly message: string;
}

/** Tells each new `lastError` of a function once; errors of former runs are not told. */
export async function watchFunctionErrors(store: Store, onProblem: (problem: FunctionProblem) => void): Promise<{ close(): Promise<void> }> {
  const known = new Map<string, string>();
  const look = (object: FunctionResource, tell: boolean) => {
    const name = functionName(object.metadata.namespace, object.metadata.name);
    const error = object.status?.lastError;
    const mark = error ? `${error.time} ${error.message}` : '';
    if (known.get(name) === mark) return;
    known.set(name, mark);
    if (error && tell) onProblem({ function: name, code: error.code, message: error.message });
  };
  return store.watch('Function', {
    onSync: (objects) => objects.forEach((object) => look(object, false)),
    onEvent: ({ type, object }) => (type === 'deleted' ? void known.delete(functionName(object.metadata.namespace, object.metadata.name)) : look(object, true)),
  });
}
