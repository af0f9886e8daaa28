import { createSharing } from '../../kit/sharing.ts';
import type { ResolvedRevision } from './functions.ts';
import type { KnownRevision } from './resolve-revision.ts';

/** Gives what a revision has in common with others, with its Function or with the newest that is known, one place in memory: functions of a pool are ten thousand times the same template. */
export function createRevisionSharing(): (revision: ResolvedRevision, newest: KnownRevision | undefined) => ResolvedRevision {
  const share = createSharing();
  return (revision, newest) => ({
    ...revision,
    template: share(revision.template),
    content: newest?.content === revision.content ? newest.content : revision.content,
    pool: share(revision.pool),
    instanceTemplate: share(revision.instanceTemplate),
    // Values of secrets stay where they are.
    env: revision.spec.secrets.length === 0 ? revision.spec.env : revision.env,
  });
}
