/**
 * JSON values as YAML in block style: equal values give equal text, and every YAML 1.1 and 1.2 parser reads the same back (`on`, `yes`, `0775`, `1:30` are quoted).
 * An emitter of our own, since a general one takes the better part of a synthesis.
 */
export function renderYaml(value: unknown): string {
  return `${isNested(value) ? block(value, '') : scalar(value, '')}\n`;
}

type Nested = readonly unknown[] | Readonly<Record<string, unknown>>;

/** Members one a line; the first has no indent, since it may follow a dash. */
function block(value: Nested, indent: string): string {
  if (Array.isArray(value)) return value.map((item) => `- ${isNested(item) ? block(item, `${indent}  `) : scalar(item, `${indent}  `)}`).join(`\n${indent}`);
  const record = value as Readonly<Record<string, unknown>>;
  return keysOf(record)
    .map((key) => `${quote(key)}:${member(record[key], `${indent}  `)}`)
    .join(`\n${indent}`);
}

function member(value: unknown, indent: string): string {
  return isNested(value) ? `\n${indent}${block(value, indent)}` : ` ${scalar(value, indent)}`;
}

/** A list or mapping that holds something. */
function isNested(value: unknown): value is Nested {
  return typeof value === 'object' && value !== null && keysOf(value as Record<string, unknown>).length > 0;
}

function keysOf(value: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(value).filter((key) => value[key] !== undefined);
}

function scalar(value: unknown, indent: string): string {
  if (Array.isArray(value)) return '[]';
  if (typeof value === 'object' && value !== null) return '{}';
  if (typeof value === 'string') return isLiteral(value) ? literal(value, indent) : quote(value);
  if (typeof value === 'number') return JSON.stringify(value).replace(/^(-?\d+)e/, '$1.0e');
  return JSON.stringify(value) ?? 'null';
}

// What begins with a letter, "_" or "/" and holds nothing that YAML gives a meaning to; and durations and sizes.
const PLAIN = /^(?:[A-Za-z_/](?:[A-Za-z0-9_./@+=-]|:(?=[A-Za-z0-9_./]))*(?: [A-Za-z0-9_./@+=-]+)*|[1-9]\d*(?:ms|s|m|h|Ki|Mi|Gi))$/;
// Also an exponent without a number, which some parsers take for one.
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null|e[-+]?\d+)$/i;

function quote(text: string): string {
  if (PLAIN.test(text) && !RESERVED.test(text)) return text;
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Whether text of several lines can stand as it is, for diffs that people read. */
function isLiteral(text: string): boolean {
  return text.includes('\n') && /^[^\s]/.test(text) && /[^\s]\n?$/.test(text) && !/[\p{Cc}\u2028\u2029\ufeff\ufffe\uffff]/u.test(text.replaceAll('\n', ''));
}

function literal(text: string, indent: string): string {
  const [marker, body] = text.endsWith('\n') ? ['|', text.slice(0, -1)] : ['|-', text];
  const pad = indent === '' ? '  ' : indent;
  return `${marker}\n${body
    .split('\n')
    .map((line) => (line === '' ? '' : pad + line))
    .join('\n')}`;
}
