import type { ConfigOf, ConfigSchema, Setting } from '../protocol/config.ts';
import { PlatformError } from '../protocol/errors.ts';

/** Parses a process's environment once. The result is frozen. @throws PlatformError CONFIG_INVALID with every problem */
export function parseConfig<S extends ConfigSchema>(schema: S, env: Readonly<Record<string, string | undefined>>): ConfigOf<S> {
  const problems: string[] = [];
  const entries = Object.entries(schema).map(([key, setting]) => [key, parseSetting(setting, env[setting.env], problems)]);
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

function parseSetting(setting: Setting, text: string | undefined, problems: string[]): string | number | undefined {
  if (text === undefined || text === '') {
    if (setting.default === undefined) problems.push(`${setting.env} is required: ${setting.doc}`);
    return setting.default;
  }
  if (setting.type === 'string') return text;
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
