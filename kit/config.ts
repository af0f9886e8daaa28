import { readFileSync } from 'node:fs';
import type { ConfigOf, ConfigSchema, Setting } from '../protocol/config.ts';
import { PlatformError } from '../protocol/errors.ts';

type Env = Readonly<Record<string, string | undefined>>;
type Value = string | number | readonly string[] | undefined;

/** Parses a process's environment once; `FIB_X_FILE` stands for `FIB_X`. The result is frozen. @throws PlatformError CONFIG_INVALID with every problem */
export function parseConfig<S extends ConfigSchema>(schema: S, env: Env): ConfigOf<S> {
  const problems: string[] = [];
  const world = env[schema['world']?.env ?? ''] || schema['world']?.default;
  const entries = Object.entries(schema).map(([key, setting]) => {
    const value = parseSetting(setting, textOf(setting, env, problems), problems);
    const required = setting.default === undefined || (setting.requiredIn !== undefined && setting.requiredIn === world);
    if (required && isEmpty(value)) problems.push(`${setting.env} is required${setting.requiredIn ? ` in world ${setting.requiredIn}` : ''}: ${setting.doc}`);
    return [key, value];
  });
  if (problems.length > 0) {
    throw new PlatformError('CONFIG_INVALID', `the configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`, {
      details: { problems },
    });
  }
  return Object.freeze(Object.fromEntries(entries) as ConfigOf<S>);
}

/** The environment that `parseConfig` reads back to the same values. */
export function renderEnv<S extends ConfigSchema>(schema: S, config: Partial<ConfigOf<S>>): Record<string, string> {
  const entries = Object.entries(schema).flatMap(([key, setting]) => {
    const value = config[key as keyof S];
    return value === undefined ? [] : [[setting.env, String(value)]];
  });
  return Object.fromEntries(entries);
}

function textOf({ env: name }: Setting, env: Env, problems: string[]): string | undefined {
  const text = env[name];
  const file = env[`${name}_FILE`];
  if (file === undefined || file === '') return text;
  if (text !== undefined && text !== '') problems.push(`${name} and ${name}_FILE are both set: leave one out`);
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch (error) {
    problems.push(`${name}_FILE=${file} cannot be read: ${(error as Error).message}`);
    return text;
  }
}

function parseSetting(setting: Setting, text: string | undefined, problems: string[]): Value {
  if (text === undefined || text === '') return setting.default;
  if (setting.type === 'string') return text;
  if (setting.type === 'list')
    return Object.freeze(
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    );
  if (setting.type === 'enum') {
    if (!setting.values.includes(text)) problems.push(`${setting.env}=${text} is not one of ${setting.values.join(', ')}`);
    return text;
  }
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < setting.min || value > setting.max) {
    problems.push(`${setting.env}=${text} is not a whole number from ${setting.min} to ${setting.max}`);
  }
  return value;
}

function isEmpty(value: Value): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}
