import type { TSchema } from 'typebox';
import { PlatformError } from './errors.ts';
import { API_GROUP, API_VERSION } from './names.ts';
import type { Kind, Rule } from './schema/kind.ts';
import { metadataSchema } from './schema/metadata.ts';
import { KINDS, type KindName } from './schema/resources.ts';

/** A structural schema as the API server takes it (Kubernetes, "Extend the Kubernetes API with CustomResourceDefinitions"). */
export interface StructuralSchema {
  readonly type: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly description?: string;
  readonly default?: unknown;
  readonly format?: 'int64';
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema;
  readonly items?: StructuralSchema;
  readonly 'x-kubernetes-validations'?: readonly CelRule[];
}

interface CelRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
}

interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  readonly priority?: number;
}

const COLUMNS: Readonly<Record<KindName, readonly PrinterColumn[]>> = {
  Function: [
    { name: 'Runtime', type: 'string', jsonPath: '.spec.runtime' },
    { name: 'Deployment', type: 'string', jsonPath: '.spec.deployment.type' },
    { name: 'Pool', type: 'string', jsonPath: '.spec.deployment.pool', priority: 1 },
    { name: 'Serving', type: 'integer', jsonPath: '.status.readyReplicas' },
    ready(),
    { name: 'URL', type: 'string', jsonPath: '.status.url' },
    { name: 'Access', type: 'string', jsonPath: '.spec.access', priority: 1 },
    { name: 'Revision', type: 'string', jsonPath: '.status.revision', priority: 1 },
    { name: 'Error', type: 'string', jsonPath: '.status.lastError.code', priority: 1 },
  ],
  Revision: [
    { name: 'Function', type: 'string', jsonPath: '.spec.function' },
    { name: 'Generation', type: 'integer', jsonPath: '.spec.generation' },
    { name: 'Serving', type: 'integer', jsonPath: '.status.readyReplicas' },
  ],
  Trigger: [
    { name: 'Function', type: 'string', jsonPath: '.spec.function' },
    { name: 'Path', type: 'string', jsonPath: '.spec.http.path' },
    { name: 'Schedule', type: 'string', jsonPath: '.spec.timer.schedule' },
    { name: 'Accepted', type: 'string', jsonPath: ".status.conditions[?(@.type=='Accepted')].status" },
  ],
  PodPool: [
    { name: 'Runtime', type: 'string', jsonPath: '.spec.runtime' },
    { name: 'Min', type: 'integer', jsonPath: '.spec.min' },
    { name: 'Max', type: 'integer', jsonPath: '.spec.max' },
    { name: 'Idle', type: 'integer', jsonPath: '.status.idle' },
    { name: 'Leased', type: 'integer', jsonPath: '.status.leased' },
  ],
  ScalingRule: [{ name: 'Functions', type: 'string', jsonPath: '.spec.functions' }, ready()],
};

/** Kinds that `kubectl scale` and the like may scale. A Function is none: it has bounds, and the scaler alone picks the number between them. */
const SCALES: Readonly<Partial<Record<KindName, { readonly scale: object }>>> = {
  PodPool: { scale: { specReplicasPath: '.spec.min', statusReplicasPath: '.status.idle' } },
};

/** The CustomResourceDefinition of a kind. */
export function renderCrd(name: KindName): object {
  const kind: Kind = KINDS[name];
  const root = { type: 'object', required: ['spec'], properties: { ...identity(), spec: structural(kind.spec), status: structural(kind.status) } } as const;
  const schema = kind.rules.reduce<StructuralSchema>((node, rule) => withRule(node, rule.path, celRule(rule)), root);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${kind.plural}.${API_GROUP}` },
    spec: {
      group: API_GROUP,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.kind.toLowerCase(),
        shortNames: [kind.shortName],
        categories: ['fibonacci'],
      },
      scope: 'Namespaced',
      versions: [
        {
          name: API_VERSION.split('/')[1],
          served: true,
          storage: true,
          schema: { openAPIV3Schema: schema },
          subresources: { status: {}, ...SCALES[name] },
          additionalPrinterColumns: [...COLUMNS[name], { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }],
        },
      ],
    },
  };
}

function identity(): Record<string, StructuralSchema> {
  const { type, pattern, minLength, maxLength } = structural(metadataSchema.properties.name);
  // All that a CRD may say of metadata; the rest of it is the API server's own.
  const name = { type, ...(pattern && { pattern }), ...(minLength && { minLength }), ...(maxLength && { maxLength }) };
  return { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object', properties: { name } } };
}

function ready(): PrinterColumn {
  return { name: 'Ready', type: 'string', jsonPath: ".status.conditions[?(@.type=='Ready')].status" };
}

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, TSchema>>;
  readonly patternProperties?: Readonly<Record<string, TSchema>>;
  readonly required?: readonly string[];
  readonly items?: TSchema;
  readonly default?: unknown;
  readonly [keyword: string]: unknown;
}

const KEPT = ['description', 'enum', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'minItems', 'maxItems', 'minProperties', 'maxProperties'];

/**
 * JSON Schema as TypeBox makes it, as a structural schema: maps by key pattern become `additionalProperties` with a CEL rule for the keys, objects are closed by pruning.
 * @throws PlatformError INTERNAL for a keyword that has no structural form
 */
export function structural(schema: TSchema): StructuralSchema {
  const source = schema as JsonSchema;
  const kept = Object.fromEntries(KEPT.filter((keyword) => source[keyword] !== undefined).map((keyword) => [keyword, source[keyword]]));
  switch (source.type) {
    case 'object':
      return { type: 'object', ...kept, ...(source.patternProperties ? mapMembers(source.patternProperties) : objectMembers(source)) };
    case 'array':
      return { type: 'array', ...kept, items: structural(source.items as TSchema) };
    case 'integer':
      return { type: 'integer', format: 'int64', ...kept };
    case 'string':
    case 'number':
    case 'boolean':
      return { type: source.type, ...kept };
    default:
      throw new PlatformError('INTERNAL', `a schema of type ${String(source.type)} has no structural form: ${JSON.stringify(schema).slice(0, 200)}`);
  }
}

function objectMembers({ properties = {}, required = [] }: JsonSchema): Partial<StructuralSchema> {
  const members = Object.entries(properties).map(([name, schema]) => {
    const member = structural(schema);
    const { default: value } = schema as JsonSchema;
    // A default of an optional field would be set by the server also where the field must be absent.
    return [name, value === undefined || !required.includes(name) ? member : { ...member, default: value }] as const;
  });
  return { ...(required.length > 0 && { required }), properties: Object.fromEntries(members) };
}

function mapMembers(patternProperties: Readonly<Record<string, TSchema>>): Partial<StructuralSchema> {
  const [[pattern, schema] = [undefined, undefined], ...more] = Object.entries(patternProperties);
  if (pattern === undefined || more.length > 0) throw new PlatformError('INTERNAL', 'a map has exactly one pattern for its keys');
  return {
    additionalProperties: structural(schema),
    'x-kubernetes-validations': [keyRule(JSON.stringify(pattern))],
  };
}

/** The text that validate.ts gives, with one of the keys that are wrong. */
function keyRule(pattern: string): CelRule {
  return {
    rule: `self.all(key, key.matches(${pattern}))`,
    messageExpression: `'the name "' + self.filter(key, !key.matches(${pattern}))[0] + '" must match pattern ' + ${pattern}`,
  };
}

function celRule({ cel, message, messageCel }: Rule): CelRule {
  if (messageCel !== undefined) return { rule: cel, messageExpression: messageCel };
  if (typeof message === 'string') return { rule: cel, message };
  throw new PlatformError('INTERNAL', `the rule ${cel} needs messageCel, since its message is computed`);
}

function withRule(node: StructuralSchema, path: readonly string[], rule: CelRule): StructuralSchema {
  const [name, ...rest] = path;
  if (name === undefined) return { ...node, 'x-kubernetes-validations': [...(node['x-kubernetes-validations'] ?? []), rule] };
  const member = node.properties?.[name];
  if (!member) throw new PlatformError('INTERNAL', `the rule ${rule.rule} stands at ${name}, which the schema does not have`);
  return { ...node, properties: { ...node.properties, [name]: withRule(member, rest, rule) } };
}
