import type { TSchema } from 'typebox';
import { PlatformError } from '../protocol/errors.ts';
import { show, unknownField } from '../protocol/schema/validate.ts';

/** Every prop of a construct, so that a misspelt one is refused also where no compiler looked. */
export type PropNames<Props> = Readonly<Record<keyof Props, true>>;

/** @throws PlatformError SPEC_INVALID for what is no object of these props */
export function checkProps<Props>(what: string, props: unknown, names: PropNames<Props>): void {
  if (typeof props !== 'object' || props === null) throw new PlatformError('SPEC_INVALID', `${what} takes an object of props, not ${show(props)}`);
  const issues = Object.keys(props)
    .filter((key) => !Object.hasOwn(names, key))
    .map((key) => unknownField(key, Object.keys(names), ''));
  if (issues.length === 0) return;
  const lines = issues.map(({ path, message }) => `${path}: ${message}`).join('\n  ');
  throw new PlatformError('SPEC_INVALID', `${what} is not valid:\n  ${lines}`, { details: { issues } });
}

/** The default that the schema gives to a field. */
export function schemaDefault<T>(schema: TSchema, field: string): T {
  const properties = (schema as { properties?: Record<string, { default?: unknown }> }).properties;
  const value = properties?.[field]?.default;
  if (value === undefined) throw new PlatformError('INTERNAL', `the schema has no default for ${field}`);
  return value as T;
}

/** A copy without the members that are undefined: an optional field is left out. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}
