import Type, { type Static } from 'typebox';
import { closed, conditions, duration, integer, name } from './fields.ts';
import { defineKind, rule } from './kind.ts';

const percent = (description: string, value: number) => integer(1, 100, { description, default: value });

const metric = {
  requestsPerSecond: Type.Optional(
    closed(
      { utilizationPercent: percent('Share of the functions’ `scaling.targetRate` that is aimed at.', 85) },
      { description: 'Answered requests a second.' },
    ),
  ),
  concurrency: Type.Optional(
    closed({ utilizationPercent: percent('Share of the functions’ `concurrency` that is aimed at.', 70) }, { description: 'Requests in flight and waiting.' }),
  ),
  cpu: Type.Optional(closed({ targetMillicores: integer(1, 64_000, { description: 'CPU of one instance, mean.' }) }, { description: 'CPU used.' })),
  memory: Type.Optional(closed({ utilizationPercent: percent('Share of the instance’s memory limit.', 80) }, { description: 'Memory used.' })),
  duration: Type.Optional(closed({ target: duration({ description: 'Mean time of a request.' }) }, { description: 'Execution time.' })),
  timeouts: Type.Optional(closed({ maxPercent: percent('Share of requests that may time out.', 1) }, { description: 'Timeouts.' })),
  failures: Type.Optional(closed({ maxPercent: percent('Share of requests that may fail.', 1) }, { description: 'Failures (5xx and 504).' })),
  custom: Type.Optional(
    closed(
      {
        promql: Type.String({
          minLength: 1,
          maxLength: 4096,
          description:
            'Replicas wanted, by `function_name`. A comparison on top (`… > sum(function_service_count) by (function_name)`) is the alert as it stands, and its left side the replicas wanted.',
        }),
      },
      { description: 'Your own expression.' },
    ),
  ),
};
export const SCALING_METRICS = Object.keys(metric) as (keyof typeof metric)[];

export const scalingRuleSpec = closed(
  {
    functions: Type.Array(name({ description: 'A Function in the same namespace.' }), { minItems: 1, maxItems: 1000, description: 'What the rule scales.' }),
    ...metric,
  },
  { description: 'PromQL that says how many replicas its functions need; several rules on a function combine by maximum.' },
);

export const scalingRuleStatus = closed(
  {
    observedGeneration: Type.Optional(integer(0, Number.MAX_SAFE_INTEGER, { description: 'The generation that was acted on.' })),
    conditions: Type.Optional(conditions),
  },
  { description: 'What the scaler saw.' },
);

export type ScalingRuleSpec = Static<typeof scalingRuleSpec>;

export const scalingRuleKind = defineKind({
  kind: 'ScalingRule',
  plural: 'scalingrules',
  shortName: 'fibrule',
  spec: scalingRuleSpec,
  status: scalingRuleStatus,
  rules: [
    rule<ScalingRuleSpec>({
      path: ['spec'],
      cel: `[${SCALING_METRICS.map((m) => `has(self.${m})`).join(', ')}].filter(x, x).size() == 1`,
      message: `a scaling rule has exactly one of ${SCALING_METRICS.join(', ')}`,
      check: (s) => SCALING_METRICS.filter((m) => s[m] !== undefined).length === 1,
    }),
  ],
});
