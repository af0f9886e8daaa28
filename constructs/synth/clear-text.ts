import { MAX_CONFIG_MAP_PACKAGE_BYTES } from '../../protocol/package-config-map.ts';
import { isPackageConfigMap, type KubernetesObject, type SynthObject, type SynthResult } from './object.ts';
import type { Problem } from './problem.ts';

/** What is a credential whoever it belongs to: keys and tokens by the marks that their makers gave them. */
const CREDENTIAL =
  /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,}|\bgithub_pat_\w{50,}|\bglpat-[\w-]{20,}|\bxox[abposr]-[\w-]{20,}|\b[sr]k_live_[A-Za-z0-9]{16,}|\bAIza[\w-]{35}\b/;
const URL_WITH_PASSWORD = /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:[^\s/:@$<{(*]+@/i;
/** Variables that hold a secret by their name, written `LIKE_THIS`. */
const SECRET_NAME = /(?:PASSWORD|PASSWD|PASSPHRASE|(?:^|_)(?:PASS|SECRET|TOKEN|(?:ACCESS|API|PRIVATE|SECRET)_?KEY|CREDENTIALS?))$/;
/** Values that are no secret: nothing, a path, a name of something in AWS, another variable, yes or no. */
const NO_SECRET = /^(?:|\.{0,2}\/.*|arn:.*|\$\(.*\)|true|false|yes|no)$/i;

const WAY_OUT = 'put it into a Secret that is made in the cluster, and name that: addSecret(env, Secret.fromName(name, { key }))';

/**
 * What must not stand in a tree that goes into git: values of Secrets, and credentials that are known by their form or by the name of their variable.
 * The value itself is in no message.
 */
export function clearTextProblems({ objects, packages }: SynthResult): Problem[] {
  return [...objects.flatMap(objectProblems), ...packageProblems(objects, packages)];
}

function objectProblems({ id, path, object }: SynthObject): Problem[] {
  if (object.kind === 'Secret' && object.apiVersion === 'v1') return secretProblems(id, path, object);
  const isCode = isPackageConfigMap(object);
  const ofData = object.kind === 'ConfigMap' && object.apiVersion === 'v1';
  const problems: Problem[] = [];
  visit(object, '', (value, field, variable) => {
    const found = whyClear(value, variable ?? (ofData ? keyOfData(field) : undefined), isCode);
    if (found !== undefined) problems.push(problem(path, `${id}: ${field} ${found}`));
  });
  return problems;
}

function secretProblems(id: string, path: string, { data, stringData }: KubernetesObject): Problem[] {
  const keys = [...Object.keys((data as object | undefined) ?? {}), ...Object.keys((stringData as object | undefined) ?? {})];
  if (keys.length === 0) return [];
  const message = `${id} holds values (${keys.join(', ')}), and a tree of files would show them: leave the Secret out, make it in the cluster (kubectl create secret, External Secrets, Sealed Secrets), and name it with Secret.fromName`;
  return [problem(path, message)];
}

/** @param name of the variable that has the value, where it is one */
function whyClear(value: string, name: string | undefined, isCode: boolean): string | undefined {
  if (CREDENTIAL.test(value)) return `holds a key or token in clear: ${WAY_OUT}`;
  if (isCode) return undefined;
  if (URL_WITH_PASSWORD.test(value)) return `is a URL with a password in clear: ${WAY_OUT}`;
  if (name === undefined || !SECRET_NAME.test(inCapitals(name)) || NO_SECRET.test(value)) return undefined;
  return `has a secret's name and a value in clear: ${WAY_OUT}; or give the variable another name if it is no secret`;
}

/** What pods take a ConfigMap's data for: variables, where the key has no dot. Others are whole files. */
function keyOfData(field: string): string | undefined {
  return /^data\.([^.]+)$/.exec(field)?.[1];
}

/** `dbPassword`, `db-password` and `DB_PASSWORD` are one name. */
function inCapitals(name: string): string {
  return name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[-.]/g, '_').toUpperCase();
}

type Visitor = (value: string, field: string, variable: string | undefined) => void;

/** Every string with its field, and with the variable's name in `env`, be it a map (a Function's) or a list (a container's). */
function visit(value: unknown, field: string, visitor: Visitor, variable?: string): void {
  if (typeof value === 'string') return visitor(value, field, variable);
  if (Array.isArray(value)) return value.forEach((item, index) => visit(item, `${field}[${index}]`, visitor));
  if (typeof value !== 'object' || value === null) return;
  const { name, value: held } = value as { name?: unknown; value?: unknown };
  const inList = typeof name === 'string' && typeof held === 'string' ? name : undefined;
  for (const [key, member] of Object.entries(value)) {
    const own = field.endsWith('.env') ? key : key === 'value' ? inList : undefined;
    visit(member, field === '' ? key : `${field}.${key}`, visitor, own);
  }
}

function packageProblems(objects: readonly SynthObject[], packages: ReadonlyMap<string, Uint8Array>): Problem[] {
  const large = [...packages].filter(([, bytes]) => bytes.length > MAX_CONFIG_MAP_PACKAGE_BYTES);
  return large.flatMap(([digest, bytes]) => {
    if (!CREDENTIAL.test(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1'))) return [];
    const users = objects.filter(({ object }) => (object['spec'] as { package?: { digest?: string } } | undefined)?.package?.digest === digest);
    return users.map(({ id, path }) => problem(path, `${id}: its code holds a key or token in clear: ${WAY_OUT}`));
  });
}

function problem(path: string, message: string): Problem {
  return { path, code: 'SECRET_IN_CLEAR', message };
}
