import { isRpcSecret, specialSecretSig, specialSigKey, unknownValue, unwrapRpcSecret } from '@pulumi/pulumi/runtime/rpc.js';

/** Properties as the engine sends them: a secret is an object of its own kind, a value that is not known yet a certain text. */
export type Properties = Readonly<Record<string, unknown>>;

/** The values themselves. */
export function unwrapSecrets<T>(value: unknown): T {
  return mapValues(isRpcSecret(value) ? unwrapRpcSecret(value) : value, (inner) => unwrapSecrets(inner)) as T;
}

/** `value`, with a secret wherever `model` has one. */
export function markSecrets(value: unknown, model: unknown): unknown {
  if (isRpcSecret(model)) return isRpcSecret(value) ? value : secret(value);
  if (!isObject(model)) return value;
  return mapValues(value, (inner, key) => markSecrets(inner, (model as Properties)[key]));
}

export function secret(value: unknown): unknown {
  return { [specialSigKey]: specialSecretSig, value };
}

/** Whether anything in it is known only after another resource was made. */
export function hasUnknown(value: unknown): boolean {
  return value === unknownValue || (isObject(value) && Object.values(value).some(hasUnknown));
}

export function isObject(value: unknown): value is Properties {
  return value !== null && typeof value === 'object';
}

function mapValues(value: unknown, change: (inner: unknown, key: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((inner, index) => change(inner, String(index)));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, change(inner, key)]));
}
