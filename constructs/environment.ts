import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PlatformError } from '../protocol/errors.ts';
import { type ConfigEntry, type ConfigType, readFibFile, readPulumiFile, readPulumiProject } from './environment-files.ts';

/** What an environment gives to a stack. */
export interface Environment {
  /** Values for a stack's `config`. */
  readonly config: Readonly<Record<string, string>>;
  /** Absolute paths of the files that they come from. */
  readonly files: readonly string[];
  /** Keys that Pulumi keeps encrypted: they have no value here. */
  readonly encrypted: readonly string[];
}

/**
 * Reads `fib.<env>.yaml` and `Pulumi.<env>.yaml` from the first folder that has one of them. A value that Pulumi.yaml beside them declares has its type, and its default where neither gives it.
 *
 * @param folders where to look, the nearest first
 * @throws PlatformError CONFIG_INVALID with file and key of every value at fault: wrong types, keys that are unknown, two values for one key, an environment that has no file while others have
 */
export function readEnvironment(folders: readonly string[], env: string): Environment {
  const names = [`fib.${env}.yaml`, `Pulumi.${env}.yaml`] as const;
  const folder = folders.find((one) => names.some((name) => existsSync(join(one, name))));
  if (folder === undefined) return checkUnknown(folders, env);
  const [fib, pulumi] = names.map((name) => join(folder, name)).map((file) => (existsSync(file) ? file : undefined));
  const projectFile = join(folder, 'Pulumi.yaml');
  const project = existsSync(projectFile) ? readPulumiProject(projectFile) : undefined;
  const own = fib === undefined ? [] : readFibFile(fib);
  const pulumis = pulumi === undefined ? [] : readPulumiFile(pulumi, project);
  const given = [...own, ...pulumis];
  throwProblems([...contradictions(own, pulumis), ...given.flatMap((entry) => typeProblem(entry, project?.types.get(entry.key)))]);
  const entries = [...(project?.defaults ?? []), ...given];
  return {
    config: Object.fromEntries(entries.flatMap(({ key, value }) => (value === undefined ? [] : [[key, value]]))),
    files: [fib, pulumi, project && projectFile].filter((file) => file !== undefined),
    encrypted: given.filter(({ value }) => value === undefined).map(({ key }) => key),
  };
}

/** Folders from one up to another, the nearest first. */
export function foldersBetween(from: string, to: string): string[] {
  const parent = dirname(from);
  return from === to || parent === from ? [from] : [from, ...foldersBetween(parent, to)];
}

/** A misspelt environment must not become one without values. `dev` is what nobody named. */
function checkUnknown(folders: readonly string[], env: string): Environment {
  const others = env === 'dev' ? [] : folders.flatMap((folder) => readdirSync(folder).filter((name) => /^fib\.[^.]+\.yaml$/.test(name)));
  if (others.length === 0) return { config: {}, files: [], encrypted: [] };
  throw new PlatformError('CONFIG_INVALID', `there is no fib.${env}.yaml, but ${others.join(', ')}: name one of these with --env, or make fib.${env}.yaml`);
}

function contradictions(own: readonly ConfigEntry[], pulumis: readonly ConfigEntry[]): string[] {
  const byKey = new Map(pulumis.map((entry) => [entry.key, entry]));
  return own.flatMap(({ key, value, place }) => {
    const other = byKey.get(key);
    return other && other.value !== value ? [`${place} and ${other.place} give different values: keep one of them`] : [];
  });
}

const TYPES: Readonly<Record<ConfigType, RegExp>> = { string: /^/, integer: /^-?\d+$/, boolean: /^(?:true|false)$/, array: /^\[/, object: /^\{/ };

function typeProblem({ value, place }: ConfigEntry, type: ConfigType | undefined): string[] {
  if (value === undefined || type === undefined || TYPES[type].test(value)) return [];
  return [`${place} (${value}) must be of type ${type}, as Pulumi.yaml declares`];
}

function throwProblems(problems: readonly string[]): void {
  if (problems.length > 0) throw new PlatformError('CONFIG_INVALID', problems.join('\n'), { details: { problems } });
}
