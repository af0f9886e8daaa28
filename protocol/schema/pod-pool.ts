import Type, { type Static } from 'typebox';
import { closed, conditions, integer, oneOf, RUNTIMES, size } from './fields.ts';
import { celDigits } from './cel.ts';
import { defineKind, rule } from './kind.ts';
import { placement, placementRules } from './placement.ts';

export const podPoolSpec = closed(
  {
    runtime: oneOf(RUNTIMES, { description: 'The language runtime of the waiting instances.' }),
    min: integer(0, 1000, { description: 'Instances that wait, not yet specialized.' }),
    max: integer(1, 10_000, { description: 'Instances in all: waiting, starting and specialized.' }),
    memory: size({ description: 'Memory limit of one instance.', default: '256Mi' }),
    placement: Type.Optional(placement),
  },
  { description: 'Unassigned instances of one template that wait to be specialized.' },
);

export const podPoolStatus = closed(
  {
    observedGeneration: Type.Optional(integer(0, Number.MAX_SAFE_INTEGER, { description: 'The generation that was acted on.' })),
    conditions: Type.Optional(conditions),
    idle: Type.Optional(integer(0, 100_000, { description: 'Instances that wait.' })),
    starting: Type.Optional(integer(0, 100_000, { description: 'Instances that start.' })),
    leased: Type.Optional(integer(0, 100_000, { description: 'Instances that are specialized.' })),
  },
  { description: 'What the scaler saw.' },
);

export type PodPoolSpec = Static<typeof podPoolSpec>;

export const podPoolKind = defineKind({
  kind: 'PodPool',
  plural: 'podpools',
  shortName: 'fibpool',
  spec: podPoolSpec,
  status: podPoolStatus,
  rules: [
    rule<PodPoolSpec>({
      path: ['spec'],
      cel: 'self.min <= self.max',
      message: (s) => `min (${s.min}) must not exceed max (${s.max})`,
      messageCel: `'min (' + ${celDigits('self.min', 4)} + ') must not exceed max (' + ${celDigits('self.max', 5)} + ')'`,
      check: (s) => s.min <= s.max,
    }),
    ...placementRules(['spec', 'placement']),
  ],
});
