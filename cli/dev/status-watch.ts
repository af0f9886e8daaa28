import type { Store } from '../../kit/store/store.ts';
import { functionName } from '../../protocol/names.ts';
import type { FunctionStatus } from '../../protocol/schema/function.ts';

/** What is wrong with a function, or that nothing is any more. */
export type FunctionNotice =
  | { readonly kind: 'problem'; readonly function: string; readonly code: string; readonly message: string }
  | { readonly kind: 'recovered'; readonly function: string };

interface Seen {
  readonly error: string;
  readonly notReady: string;
}

const WELL: Seen = { error: '', notReady: '' };

/** Tells each new error of a function once, and when it is ready again; what is left of former runs is not told. */
export async function watchFunctions(store: Store, tell: (notice: FunctionNotice) => void): Promise<{ close(): Promise<void> }> {
  const seen = new Map<string, Seen>();
  return store.watch('Function', {
    onSync: (objects) => objects.forEach(({ metadata, status }) => seen.set(functionName(metadata.namespace, metadata.name), seenOf(status))),
    onEvent: ({ type, object: { metadata, status } }) => {
      const name = functionName(metadata.namespace, metadata.name);
      if (type === 'deleted') return void seen.delete(name);
      decideNotices(name, seen.get(name) ?? WELL, status).forEach(tell);
      seen.set(name, seenOf(status));
    },
  });
}

/** What a change of a status has to say. The condition and `lastError` often say the same: it is told once. */
export function decideNotices(name: string, before: Seen, status: FunctionStatus | undefined): FunctionNotice[] {
  const now = seenOf(status);
  const ready = readyOf(status);
  const notices: FunctionNotice[] = [];
  const error = status?.lastError;
  if (error && now.error !== before.error) notices.push({ kind: 'problem', function: name, code: error.code, message: error.message });
  if (now.notReady !== '' && now.notReady !== before.notReady && ready?.message !== error?.message) {
    notices.push({ kind: 'problem', function: name, code: ready?.reason ?? '', message: ready?.message ?? '' });
  }
  if (now.notReady === '' && before.notReady !== '') notices.push({ kind: 'recovered', function: name });
  return notices;
}

function seenOf(status: FunctionStatus | undefined): Seen {
  const ready = readyOf(status);
  return {
    error: status?.lastError ? `${status.lastError.time} ${status.lastError.message}` : '',
    notReady: ready?.status === 'False' ? `${ready.reason} ${ready.message}` : '',
  };
}

function readyOf(status: FunctionStatus | undefined) {
  return status?.conditions?.find(({ type }) => type === 'Ready');
}
