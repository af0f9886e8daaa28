import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Document, isPair, isScalar, parseDocument, visit } from 'yaml';
import { PlatformError } from '../protocol/errors.ts';
import { isRecord } from '../protocol/record.ts';
import { show, unknownField } from '../protocol/schema/validate.ts';

export type ConfigType = 'string' | 'integer' | 'boolean' | 'array' | 'object';

/** One value of a file. */
export interface ConfigEntry {
  readonly key: string;
  /** As text; lists and mappings as JSON, as Pulumi's own `config.get` gives them. Absent = encrypted. */
  readonly value: string | undefined;
  /** For messages: `fib.prod.yaml: config.replicas`. */
  readonly place: string;
}

/** What Pulumi.yaml declares. */
export interface PulumiProject {
  readonly name: string;
  readonly types: ReadonlyMap<string, ConfigType>;
  readonly defaults: readonly ConfigEntry[];
}

const CONFIG_TYPES: readonly string[] = ['string', 'integer', 'boolean', 'array', 'object'] satisfies ConfigType[];

/** `config:` of a `fib.<env>.yaml`. @throws PlatformError CONFIG_INVALID */
export function readFibFile(file: string): ConfigEntry[] {
  const name = basename(file);
  const document = readMapping(file);
  const unknown = Object.keys(document).filter((key) => key !== 'config');
  if (unknown.length > 0) throw invalid(unknown.map((key) => `${name}: ${key}: ${unknownField(key, ['config'], '').message}`));
  const config = sectionOf(document, 'config', name);
  return entriesOf(Object.entries(config).map(([key, value]) => ({ key, value, place: `${name}: config.${key}` })));
}

/** The project's own keys of a `Pulumi.<stack>.yaml`; those of providers (`kubernetes:context`) are left out. @throws PlatformError CONFIG_INVALID */
export function readPulumiFile(file: string, project: PulumiProject | undefined): ConfigEntry[] {
  const name = basename(file);
  const config = sectionOf(readMapping(file), 'config', name);
  if (!project) throw invalid([`${name} needs Pulumi.yaml beside it: its keys begin with the project's name`]);
  const prefix = `${project.name}:`;
  const own = Object.entries(config).filter(([key]) => key.startsWith(prefix));
  return entriesOf(own.map(([key, value]) => ({ key: key.slice(prefix.length), value, place: `${name}: config.${key}` })));
}

/** Name, types and defaults of a Pulumi.yaml. @throws PlatformError CONFIG_INVALID */
export function readPulumiProject(file: string): PulumiProject {
  const name = basename(file);
  const document = readMapping(file);
  const project = document['name'];
  if (typeof project !== 'string' || project === '') throw invalid([`${name}: name (${show(project)}) must be the project's name`]);
  const declared = Object.entries(sectionOf(document, 'config', name)).flatMap(([key, value]) => {
    const own = key.startsWith(`${project}:`) ? key.slice(project.length + 1) : key;
    return own.includes(':') ? [] : [{ key: own, ...declarationOf(value), place: `${name}: config.${key}` }];
  });
  return {
    name: project,
    types: new Map(declared.flatMap(({ key, type }) => (type !== undefined && CONFIG_TYPES.includes(type) ? [[key, type as ConfigType]] : []))),
    defaults: entriesOf(declared.filter(({ value }) => value !== undefined)),
  };
}

/** `{ type, default }`, `{ value }`, or the value itself (Pulumi, "Project file reference"). */
function declarationOf(declared: unknown): { readonly type?: string; readonly value?: unknown } {
  if (!isRecord(declared)) return { value: declared };
  const { type, default: byDefault, value } = declared;
  return { ...(typeof type === 'string' && { type }), value: value ?? byDefault };
}

function entriesOf(given: readonly { readonly key: string; readonly value?: unknown; readonly place: string }[]): ConfigEntry[] {
  const problems = given.flatMap(({ value, place }) =>
    value === null ? [`${place} has no value: write one ("" for an empty text), or take the line out`] : [],
  );
  if (problems.length > 0) throw invalid(problems);
  return given.map(({ key, value, place }) => ({ key, value: isEncrypted(value) ? undefined : textOf(value), place }));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `secure: …` is Pulumi's mark, also inside of a structured value. */
function isEncrypted(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return (isRecord(value) && Object.keys(value).length === 1 && 'secure' in value) || Object.values(value).some(isEncrypted);
}

function sectionOf(document: Readonly<Record<string, unknown>>, key: string, name: string): Readonly<Record<string, unknown>> {
  const section = document[key] ?? {};
  if (!isRecord(section)) throw invalid([`${name}: ${key} (${show(section)}) must be a mapping of keys to values`]);
  return section;
}

/** A file of YAML 1.2, which must be a mapping; an empty file is an empty one. */
function readMapping(file: string): Readonly<Record<string, unknown>> {
  const name = basename(file);
  const text = readFileSync(file, 'utf8');
  const document = parseDocument(text);
  const [error] = document.errors;
  if (error) throw invalid([`${name}:${error.linePos?.[0].line ?? 1}: ${error.message.split('\n')[0]}`]);
  const changed = changedNumbers(document).map((problem) => `${name}: ${problem}`);
  if (changed.length > 0) throw invalid(changed);
  const value = document.toJS() as unknown;
  if (value === null || value === undefined) return {};
  if (!isRecord(value)) throw invalid([`${name} (${show(value)}) must be a mapping`]);
  return value;
}

/** `1.10` is the number 1.1: whoever wrote it meant the text. */
function changedNumbers(document: Document): string[] {
  const problems: string[] = [];
  visit(document, {
    Scalar(position, node, ancestors) {
      if (position === 'key' || typeof node.value !== 'number' || node.source === String(node.value)) return;
      const path = ancestors.flatMap((ancestor) => (isPair(ancestor) && isScalar(ancestor.key) ? [String(ancestor.key.value)] : []));
      problems.push(`${path.join('.')} (${node.source}) would be read as ${node.value}: write it in quotes`);
    },
  });
  return problems;
}

function invalid(problems: readonly string[]): PlatformError {
  return new PlatformError('CONFIG_INVALID', problems.join('\n'), { details: { problems } });
}
