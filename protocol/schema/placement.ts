import Type, { type Static } from 'typebox';
import { closed, integer, oneOf } from './fields.ts';
import { type Rule, rule } from './kind.ts';
import { LABEL_KEY, LABEL_VALUE } from './metadata.ts';
import type { Issue } from './validate.ts';

const DNS_LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
/** RFC 1123 subdomain: names of RuntimeClasses and PriorityClasses. */
const DNS_SUBDOMAIN = `^${DNS_LABEL}([.]${DNS_LABEL})*$`;

const labelValue = (docs: { description: string }) => Type.String({ pattern: LABEL_VALUE, minLength: 1, maxLength: 63, ...docs });
const domains = (docs: { description: string }) => Type.Array(labelValue({ description: 'Value of the label.' }), { minItems: 1, maxItems: 16, ...docs });
const className = (docs: { description: string }) => Type.String({ pattern: DNS_SUBDOMAIN, minLength: 1, maxLength: 253, ...docs });

const toleration = closed(
  {
    key: Type.Optional(Type.String({ pattern: LABEL_KEY, maxLength: 317, description: 'Of the taint; absent: every taint.' })),
    operator: Type.Optional(oneOf(['Equal', 'Exists'], { description: 'Absent: `Equal`.' })),
    value: Type.Optional(Type.String({ pattern: LABEL_VALUE, maxLength: 63, description: 'Of the taint, for `Equal`.' })),
    effect: Type.Optional(oneOf(['NoSchedule', 'PreferNoSchedule', 'NoExecute'], { description: 'Of the taint; absent: every effect.' })),
    tolerationSeconds: Type.Optional(integer(0, 86_400, { description: 'How long a pod stays, for `NoExecute`; absent: for good.' })),
  },
  { description: 'A taint that pods bear (Kubernetes, "Taints and Tolerations").' },
);

/** Where a template's pods may run, and as what. Part of the template: another placement makes other instances. A laptop ignores it. */
export const placement = closed(
  {
    nodeSelector: Type.Optional(
      Type.Record(Type.String({ pattern: LABEL_KEY }), Type.String({ pattern: LABEL_VALUE, maxLength: 63, description: 'Value of the label.' }), {
        additionalProperties: false,
        maxProperties: 32,
        description: 'Labels that the node has, all of them.',
      }),
    ),
    zones: Type.Optional(domains({ description: 'Zones that the node is in one of: `topology.kubernetes.io/zone`.' })),
    racks: Type.Optional(domains({ description: 'Racks that the node is in one of, by the label that the platform says: `topology.fibonacci.dev/rack`.' })),
    tolerations: Type.Optional(Type.Array(toleration, { maxItems: 32, description: 'Taints that pods bear.' })),
    runtimeClass: Type.Optional(className({ description: 'RuntimeClass of the cluster, such as one of gVisor or Kata Containers.' })),
    priorityClass: Type.Optional(className({ description: 'PriorityClass of the cluster.' })),
    spread: Type.Optional(
      oneOf(['preferred', 'required'], {
        description: '`required`: a pod that would leave zones uneven by more than one waits; absent or `preferred`: it starts nevertheless.',
      }),
    ),
  },
  { description: 'Where pods may run, and as what.' },
);

export type Placement = Static<typeof placement>;

type Tolerations = NonNullable<Placement['tolerations']>;

/** What rules say of a placement that stands elsewhere than in one of our kinds. */
export function placementIssues(value: Placement | undefined, path: string): Issue[] {
  return placementRules([])
    .filter(({ check }) => value?.tolerations && !check(value.tolerations as never))
    .map(({ message }) => ({ path: `${path}.tolerations`, message: String(message) }));
}

/** Rules of a placement that stands at this path. */
export function placementRules(path: readonly string[]): Rule[] {
  const tolerations = [...path, 'tolerations'];
  return [
    rule<Tolerations>({
      path: tolerations,
      cel: "self.all(t, has(t.key) || (has(t.operator) && t.operator == 'Exists'))",
      message: 'a toleration without a key is for every taint: write operator Exists, or name the key',
      check: (all) => all.every(({ key, operator }) => key !== undefined || operator === 'Exists'),
    }),
    rule<Tolerations>({
      path: tolerations,
      cel: "self.all(t, !has(t.value) || !has(t.operator) || t.operator == 'Equal')",
      message: 'a toleration with operator Exists takes no value: leave it out, or write operator Equal',
      check: (all) => all.every(({ value, operator }) => value === undefined || operator !== 'Exists'),
    }),
    rule<Tolerations>({
      path: tolerations,
      cel: "self.all(t, !has(t.tolerationSeconds) || (has(t.effect) && t.effect == 'NoExecute'))",
      message: 'tolerationSeconds is for effect NoExecute alone: leave it out, or write that effect',
      check: (all) => all.every(({ tolerationSeconds, effect }) => tolerationSeconds === undefined || effect === 'NoExecute'),
    }),
  ];
}
