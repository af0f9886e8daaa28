import { distance } from 'fastest-levenshtein';
import { Compile } from 'typebox/compile';
import { Settings } from 'typebox/system';
import type { TSchema } from 'typebox';
import { PlatformError } from '../errors.ts';
import { API_VERSION } from '../names.ts';
import { MAX_ANNOTATION_BYTES, metadataSchema } from './metadata.ts';
import type { Rule } from './kind.ts';
import { type AnyResource, isKindName, KINDS } from './resources.ts';

/** One thing wrong with a value. */
export interface Issue {
  /** As people write it: `spec.scaling.minReplicas`, `spec.secrets[0].env`. */
  readonly path: string;
  /** With the value and the way out. */
  readonly message: string;
}

Settings.Set({ maxErrors: 100 });

const checkers = new Map<TSchema, ReturnType<typeof Compile>>();

/** What is wrong with a value by a schema alone; empty when nothing is. */
export function schemaIssues(schema: TSchema, value: unknown, at = ''): Issue[] {
  let checker = checkers.get(schema);
  if (!checker) checkers.set(schema, (checker = Compile(schema)));
  if (checker.Check(value)) return [];
  const errors = checker.Errors(value).filter((error) => error.keyword !== 'boolean');
  return errors.flatMap((error) => toIssues(error as unknown as SchemaError, schema, value, at));
}

/** Everything wrong with an object of one of our kinds: its schema, then, if that holds, its rules. `old` is the object that it replaces. */
export function resourceIssues(object: unknown, old?: AnyResource): Issue[] {
  const { apiVersion, kind, metadata, spec, ...rest } = (object ?? {}) as Record<string, unknown>;
  if (!isKindName(kind)) return [{ path: 'kind', message: `kind ${show(kind)} is not one of ${Object.keys(KINDS).join(', ')}` }];
  const issues = [
    ...(apiVersion === API_VERSION ? [] : [{ path: 'apiVersion', message: `apiVersion ${show(apiVersion)} must be ${API_VERSION}` }]),
    ...Object.keys(rest)
      .filter((key) => key !== 'status')
      .map((key) => unknownField(key, ['metadata', 'spec', 'status'], '')),
    ...metadataIssues(metadata),
    ...schemaIssues(KINDS[kind].spec, spec, 'spec'),
  ];
  return issues.length > 0 ? issues : KINDS[kind].rules.flatMap((rule) => ruleIssues(rule, object, old));
}

/** The object, typed. @throws PlatformError SPEC_INVALID with every issue */
export function parseResource(object: unknown): AnyResource {
  const issues = resourceIssues(object);
  if (issues.length === 0) return object as AnyResource;
  const { kind, metadata } = (object ?? {}) as { kind?: unknown; metadata?: { name?: unknown } };
  const lines = issues.map(({ path, message }) => `  ${path}: ${message}`).join('\n');
  throw new PlatformError('SPEC_INVALID', `${String(kind)} ${show(metadata?.name)} is not valid:\n${lines}`, { details: { issues } });
}

/** As the API server does, an entry of labels or annotations is told at the map. */
function metadataIssues(metadata: unknown): Issue[] {
  const issues = schemaIssues(metadataSchema, metadata, 'metadata').map(({ path, message }) => {
    const [, map, key] = /^(metadata\.(?:labels|annotations))(?:\.(.+)|\[\d+\])$/s.exec(path) ?? [];
    return map === undefined ? { path, message } : { path: map, message: `${key === undefined ? '' : `${key}: `}${message}` };
  });
  const { annotations = {} } = (metadata ?? {}) as { annotations?: Readonly<Record<string, unknown>> };
  const bytes = Buffer.byteLength(Object.entries(annotations).flat().join(''));
  if (bytes <= MAX_ANNOTATION_BYTES) return issues;
  return [...issues, { path: 'metadata.annotations', message: `annotations of ${bytes} bytes are more than ${MAX_ANNOTATION_BYTES}` }];
}

function ruleIssues(rule: Rule, object: unknown, old: unknown): Issue[] {
  const value = valueAt(object, rule.path);
  if (value === undefined || rule.check(value as never, valueAt(old, rule.path) as never)) return [];
  const message = typeof rule.message === 'string' ? rule.message : rule.message(value as never);
  return [{ path: rule.path.join('.'), message }];
}

function valueAt(object: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
}

interface SchemaError {
  keyword: string;
  instancePath: string;
  message: string;
  params: Record<string, unknown>;
}

function toIssues(error: SchemaError, schema: TSchema, root: unknown, at: string): Issue[] {
  const parts = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const path = parts.reduce((prefix, part) => (/^\d+$/.test(part) ? `${prefix}[${part}]` : prefix ? `${prefix}.${part}` : part), at);
  const value = valueAt(root, parts);
  if (error.keyword === 'required') {
    return (error.params['requiredProperties'] as string[]).map((name) => ({ path: path ? `${path}.${name}` : name, message: 'is required' }));
  }
  if (error.keyword === 'additionalProperties') {
    return (error.params['additionalProperties'] as string[]).map((name) => unknownMember(schemaAt(schema, parts), name, path));
  }
  if (value === undefined) return [{ path, message: 'is required' }];
  if (error.keyword === 'enum') {
    const allowed = (error.params['allowedValues'] as unknown[]).map(show).join(', ');
    return [{ path, message: `${show(value)} is not one of ${allowed}` }];
  }
  return [{ path, message: `${show(value)} ${error.message}` }];
}

interface MemberSchema {
  readonly properties?: Readonly<Record<string, MemberSchema>>;
  readonly patternProperties?: Readonly<Record<string, MemberSchema>>;
  readonly items?: MemberSchema;
}

function schemaAt(schema: TSchema, parts: readonly string[]): MemberSchema | undefined {
  return parts.reduce<MemberSchema | undefined>((node, part) => node?.properties?.[part] ?? node?.items, schema as MemberSchema);
}

function unknownMember(schema: MemberSchema | undefined, name: string, at: string): Issue {
  const [pattern] = Object.keys(schema?.patternProperties ?? {});
  if (pattern === undefined) return unknownField(name, Object.keys(schema?.properties ?? {}), at);
  // At the map, not the key: that is as near as the API server can say it.
  return { path: at, message: `the name ${show(name)} must match pattern ${pattern}` };
}

/** `replcas` → unknown field, did you mean `replicas`? */
export function unknownField(name: string, known: readonly string[], at: string): Issue {
  const near = known.map((candidate) => ({ candidate, d: distance(name.toLowerCase(), candidate.toLowerCase()) })).sort((a, b) => a.d - b.d)[0];
  const hint = near && near.d <= Math.max(2, name.length / 3) ? `; did you mean ${near.candidate}?` : known.length > 0 ? `; known are ${known.join(', ')}` : '';
  return { path: at ? `${at}.${name}` : name, message: `unknown field${hint}` };
}

/** A value in a message: JSON, at most 80 characters. */
export function show(value: unknown): string {
  const text = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
