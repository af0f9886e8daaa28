import Type, { type Static } from 'typebox';
import { canonicalJson } from '../digest.ts';
import { closed, digest, integer, name, text } from './fields.ts';
import { functionSpec } from './function.ts';
import { defineKind, rule } from './kind.ts';

export const revisionSpec = closed(
  {
    function: name({ description: 'The Function in the same namespace.' }),
    functionUid: text(64, { description: 'Its UID.' }),
    generation: integer(1, Number.MAX_SAFE_INTEGER, { description: 'The Function’s generation that this is a snapshot of.' }),
    template: digest({ description: 'Digest of what needs new instances: runtime, memory, pool, placement.' }),
    content: digest({ description: 'Digest of what running instances take over: code, handler, env, secrets, limits.' }),
    snapshot: functionSpec,
  },
  { description: 'An immutable snapshot of a Function.' },
);

export const revisionStatus = closed(
  { readyReplicas: Type.Optional(integer(0, 100_000, { description: 'Instances that serve this content.' })) },
  { description: 'What the scaler saw.' },
);

export type RevisionSpec = Static<typeof revisionSpec>;

export const revisionKind = defineKind({
  kind: 'Revision',
  plural: 'revisions',
  shortName: 'fibrev',
  spec: revisionSpec,
  status: revisionStatus,
  rules: [
    rule<RevisionSpec>({
      path: ['spec'],
      cel: 'self == oldSelf',
      message: 'a Revision is immutable; change the Function instead',
      check: (spec, old) => old === undefined || canonicalJson(spec) === canonicalJson(old),
    }),
  ],
});
