import { renderCrd, type StructuralSchema } from '../../../protocol/crd.ts';
import type { AnyResource } from '../../../protocol/schema/resources.ts';

export interface Mutation {
  readonly name: string;
  readonly object: object;
}

type Path = readonly (string | number)[];

/** Every way in which one field of a valid object’s spec can be wrong, or just right, by its schema. */
export function mutations(name: string, object: AnyResource): Mutation[] {
  const found: Mutation[] = [];
  const visit = (schema: StructuralSchema, value: unknown, path: Path) => {
    for (const [what, next] of variants(schema, value))
      found.push({ name: `${name}: ${path.join('.')} ${what}`, object: replaced(object, path, next) as object });
    const members = Object.entries((value ?? {}) as Record<string, unknown>);
    for (const [key, member] of members) {
      const known = schema.properties?.[key] ?? schema.additionalProperties;
      if (known) visit(known, member, [...path, key]);
    }
    if (schema.items && Array.isArray(value) && value.length > 0) visit(schema.items, value[0], [...path, 0]);
  };
  const crd = renderCrd(object.kind) as { spec: { versions: { schema: { openAPIV3Schema: StructuralSchema } }[] } };
  const { spec } = crd.spec.versions[0]?.schema.openAPIV3Schema.properties ?? {};
  if (spec) visit(spec, object.spec, ['spec']);
  return found;
}

function variants(schema: StructuralSchema, value: unknown): [string, unknown][] {
  switch (schema.type) {
    case 'string':
      return stringVariants(schema);
    case 'integer':
      return [
        ['as text', '1'],
        ['with a fraction', (schema.minimum ?? 0) + 0.5],
        ['at its least', schema.minimum],
        ['below its least', (schema.minimum ?? 0) - 1],
        ['at its most', schema.maximum],
        ['above its most', (schema.maximum ?? 0) + 1],
      ];
    case 'array':
      return [
        ['as an object', {}],
        ...(schema.minItems ? [['with too few items', (value as unknown[]).slice(0, schema.minItems - 1)] as [string, unknown]] : []),
        ['with too many items', Array.from({ length: (schema.maxItems ?? 0) + 1 }, () => (value as unknown[])[0] ?? 'GET')],
      ];
    case 'object':
      return objectVariants(schema, value as Record<string, unknown>);
    default:
      return [];
  }
}

function stringVariants({ pattern, minLength, maxLength = 0, enum: allowed }: StructuralSchema): [string, unknown][] {
  const length = (size: number) => 'a'.repeat(size);
  return [
    ['as a number', 1],
    ['as a list', []],
    ...(allowed ? [['of another value', 'nonsense'] as [string, unknown]] : []),
    ...(pattern ? [['of another form', '%&!'] as [string, unknown], ['empty', ''] as [string, unknown]] : []),
    ...(minLength ? [['too short', length(minLength - 1)] as [string, unknown]] : []),
    ...(maxLength ? [['too long', length(maxLength + 1)] as [string, unknown]] : []),
    ...(maxLength && !pattern
      ? [['as long as may be', length(maxLength)] as [string, unknown], ['as long as may be, in emoji', '😀'.repeat(maxLength)] as [string, unknown]]
      : []),
  ];
}

function objectVariants(schema: StructuralSchema, value: Record<string, unknown>): [string, unknown][] {
  if (schema.additionalProperties) {
    return [
      ['as a list', []],
      ['with a key of another form', { ...value, '1-x': 'v' }],
      ['with too many entries', Object.fromEntries(Array.from({ length: (schema.maxProperties ?? 0) + 1 }, (_, i) => [`K${i}`, 'v']))],
    ];
  }
  // The server fills in what has a default; a file must have it.
  const required = (schema.required ?? []).filter((key) => schema.properties?.[key]?.default === undefined);
  return [
    ['as text', 'x'],
    ['with an unknown field', { ...value, nonsense: 1 }],
    ...required.map((key): [string, unknown] => [`without ${key}`, Object.fromEntries(Object.entries(value).filter(([other]) => other !== key))]),
  ];
}

function replaced(value: unknown, [key, ...rest]: Path, next: unknown): unknown {
  if (key === undefined) return next;
  if (Array.isArray(value)) return value.map((item: unknown, index) => (index === key ? replaced(item, rest, next) : item));
  const record = value as Record<string, unknown>;
  return { ...record, [key]: replaced(record[key], rest, next) };
}
