import { WatcherError } from '../watcher-error.ts';
import type { Act } from './token.ts';
import type { FunctionRef, LoadDocument } from './load-document.ts';

export interface PushState {
  /** The function that this instance belongs to for life; null before its first specialization. */
  readonly owner: FunctionRef | null;
  /** What is served now; null when nothing is. */
  readonly served: { readonly generation: number; readonly content: string } | null;
  readonly draining: boolean;
}

/**
 * What a push leads to: `same` when it is served already (W3.6), else `load`.
 * @throws WatcherError ALREADY_SPECIALIZED, NOT_SPECIALIZED, STALE_GENERATION or DRAINING
 */
export function decidePush({ owner, served, draining }: PushState, act: Exclude<Act, 'drain'>, pushed: LoadDocument): 'same' | 'load' {
  const { uid } = pushed.function;
  if (owner && owner.uid !== uid)
    throw new WatcherError('ALREADY_SPECIALIZED', `this instance belongs to ${owner.namespace}/${owner.name} (UID ${owner.uid}) for life`);
  if (act === 'update' && !served) throw new WatcherError('NOT_SPECIALIZED', 'there is nothing to update: this instance serves no function yet');
  if (served?.generation === pushed.generation && served.content === pushed.content) return 'same';
  if (served && pushed.generation <= served.generation) {
    throw new WatcherError('STALE_GENERATION', `generation ${pushed.generation} is not above the current generation ${served.generation}`);
  }
  if (draining) throw new WatcherError('DRAINING', 'this instance is ending');
  return 'load';
}
