import { readFile, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { promisify } from 'node:util';
import { PlatformError } from '../../protocol/errors.ts';
import type { Secrets } from './secrets.ts';

const SETTLE_MS = 20;

/** Secrets from a `.env` file with `<SECRET>__<KEY>=value` lines, whatever the namespace. Reads it again whenever it changes; `onChange` is told then. Without a file there are no values. */
export async function createFileSecrets(file: string, onChange: () => void): Promise<Secrets> {
  let values = await readEnvFile(file);
  let timer: NodeJS.Timeout | undefined;
  const reread = async () => {
    timer = undefined;
    const next = await readEnvFile(file);
    if (sameValues(values, next)) return;
    values = next;
    onChange();
  };
  // The folder is watched, because editors replace the file.
  const watcher =
    file === ''
      ? undefined
      : watch(dirname(file), (_, name) => {
          if (name === null || name === basename(file)) timer ??= setTimeout(() => void reread(), SETTLE_MS);
        });
  watcher?.on('error', () => undefined);
  return {
    value(_namespace, name, key) {
      const variable = secretVariable(name, key);
      const value = values.get(variable);
      if (value === undefined) {
        throw new PlatformError('SECRET_MISSING', `key "${key}" of secret "${name}" has no value: add the line ${variable}=… to .env beside the stack`, {
          details: { secret: name, key, variable },
        });
      }
      return value;
    },
    async close() {
      clearTimeout(timer);
      watcher?.close();
    },
  };
}

/** `api-keys`, `stripe.key` → `API_KEYS__STRIPE_KEY`. */
export function secretVariable(name: string, key: string): string {
  const part = (text: string) => text.toUpperCase().replaceAll(/[-.]/g, '_');
  return `${part(name)}__${part(key)}`;
}

/** Lines `NAME=value`; a value in quotes is taken as it is, one without ends at ` #`. */
export function parseEnvFile(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/.exec(line);
    if (!match?.[1]) continue;
    const raw = (match[2] ?? '').trim();
    const quoted = /^(["'])(.*)\1\s*(?:#.*)?$/.exec(raw);
    values.set(match[1], quoted ? (quoted[2] ?? '') : raw.replace(/(^|\s)#.*$/, '').trim());
  }
  return values;
}

async function readEnvFile(file: string): Promise<Map<string, string>> {
  if (file === '') return new Map();
  return parseEnvFile(await promisify(readFile)(file, 'utf8').catch(() => ''));
}

function sameValues(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([name, value]) => b.get(name) === value);
}
