import { expect, test } from 'vitest';
import Type from 'typebox';
import { renderCrd, type StructuralSchema, structural } from './crd.ts';
import { API_GROUP } from './names.ts';
import { KINDS, type KindName } from './schema/resources.ts';

const KIND_NAMES = Object.keys(KINDS) as KindName[];

interface Crd {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly versions: readonly { readonly schema: { readonly openAPIV3Schema: StructuralSchema }; readonly subresources: object }[] };
}

function schemaOf(name: KindName): StructuralSchema {
  const version = (renderCrd(name) as Crd).spec.versions[0];
  if (!version) throw new Error(`${name} has no version`);
  return version.schema.openAPIV3Schema;
}

/** What a node may say, by its type (Kubernetes, "Specifying a structural schema"). */
const ALLOWED: Record<string, readonly string[]> = {
  object: ['properties', 'required', 'additionalProperties', 'minProperties', 'maxProperties', 'x-kubernetes-validations'],
  array: ['items', 'minItems', 'maxItems', 'x-kubernetes-validations'],
  string: ['enum', 'pattern', 'minLength', 'maxLength', 'x-kubernetes-validations'],
  integer: ['format', 'minimum', 'maximum', 'enum'],
  number: ['minimum', 'maximum'],
  boolean: [],
};

/** Ways in which a schema is not structural or not bounded. */
function violations(node: StructuralSchema, at: string): string[] {
  const allowed = ALLOWED[node.type];
  if (!allowed) return [`${at} has type ${node.type}`];
  const found = Object.keys(node)
    .filter((keyword) => ![...allowed, 'type', 'description', 'default'].includes(keyword))
    .map((keyword) => `${at} says ${keyword}`);
  if (node.properties && node.additionalProperties) found.push(`${at} has properties and additionalProperties`);
  if (node.type === 'object' && !node.properties && !node.additionalProperties) found.push(`${at} says nothing of its members`);
  if (node.type === 'object' && typeof node.additionalProperties === 'boolean') found.push(`${at} has boolean additionalProperties`);
  if (node.additionalProperties && node.maxProperties === undefined) found.push(`${at} is a map without maxProperties`);
  if (node.type === 'array' && node.maxItems === undefined) found.push(`${at} is a list without maxItems`);
  if (node.type === 'string' && node.maxLength === undefined && !node.enum) found.push(`${at} is a string without maxLength`);
  if (node.type === 'integer' && (node.minimum === undefined || node.maximum === undefined)) found.push(`${at} is an integer without bounds`);
  found.push(...(node.required ?? []).filter((name) => !node.properties?.[name]).map((name) => `${at} requires ${name}, which it does not have`));
  for (const [name, member] of Object.entries(node.properties ?? {})) found.push(...violations(member, `${at}.${name}`));
  if (node.items) found.push(...violations(node.items, `${at}[]`));
  if (node.additionalProperties) found.push(...violations(node.additionalProperties, `${at}{}`));
  return found;
}

test.each(KIND_NAMES)('the CRD of %s is structural, and every string, list, map and number in it has a bound', (name) => {
  const { spec, status } = schemaOf(name).properties ?? {};
  expect([...violations(spec as StructuralSchema, 'spec'), ...violations(status as StructuralSchema, 'status')]).toEqual([]);
});

test('the check for structure finds what is wrong', () => {
  const wrong = {
    type: 'object',
    properties: { a: { type: 'string' }, b: { type: 'array', items: { type: 'integer' } }, c: { type: 'object', additionalProperties: false } },
    patternProperties: {},
  };
  expect(violations(wrong as unknown as StructuralSchema, 'x')).toEqual([
    'x says patternProperties',
    'x.a is a string without maxLength',
    'x.b is a list without maxItems',
    'x.b[] is an integer without bounds',
    'x.c says nothing of its members',
    'x.c has boolean additionalProperties',
  ]);
});

test.each(KIND_NAMES)('the CRD of %s carries every rule of its kind in CEL, where it belongs', (name) => {
  for (const { path, cel, messageCel } of KINDS[name].rules) {
    const node = path.reduce<StructuralSchema | undefined>((schema, part) => schema?.properties?.[part], schemaOf(name));
    const rule = node?.['x-kubernetes-validations']?.find((candidate) => candidate.rule === cel);
    expect(rule, cel).toBeDefined();
    expect(Object.keys(rule ?? {})).toEqual(['rule', messageCel === undefined ? 'message' : 'messageExpression']);
  }
});

test.each(KIND_NAMES)('the CRD of %s has its name, one version and a status subresource', (name) => {
  const crd = renderCrd(name) as Crd;
  expect(crd.metadata.name).toBe(`${KINDS[name].plural}.${API_GROUP}`);
  expect(crd.spec.versions).toHaveLength(1);
  expect(crd.spec.versions[0]?.subresources).toMatchObject({ status: {} });
});

test('a map by key pattern becomes additionalProperties and a rule for the keys', () => {
  expect(schemaOf('Function').properties?.['spec']?.properties?.['env']).toMatchObject({
    type: 'object',
    maxProperties: 256,
    additionalProperties: { type: 'string', maxLength: 32_768 },
    'x-kubernetes-validations': [{ rule: 'self.all(key, key.matches("^[A-Za-z_][A-Za-z0-9_]*$"))', messageExpression: expect.stringContaining('the name') }],
  });
});

test('the server sets the default of a required field, and never that of an optional one', () => {
  const spec = schemaOf('Function').properties?.['spec']?.properties;
  expect(spec?.['timeout']?.default).toBe('30s');
  expect(spec?.['deployment']?.properties?.['memory']).not.toHaveProperty('default');
});

test('what has no structural form is refused', () => {
  expect(() => structural(Type.Union([Type.String(), Type.Integer()]))).toThrow('no structural form');
});
