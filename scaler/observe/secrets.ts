import { createHmac } from 'node:crypto';

/** Values of Secrets. They are never logged and never written. */
export interface Secrets {
  /** @throws PlatformError SECRET_MISSING with the way out; SecretPending where it is being read for the first time, and `onChange` follows */
  value(namespace: string, name: string, key: string): string;
  close(): Promise<void>;
}

/** It cannot be told yet. */
export class SecretPending extends Error {
  constructor(namespace: string, name: string) {
    super(`secret ${name} in namespace ${namespace} is being read`);
    this.name = 'SecretPending';
  }
}

/** Digests that tell whether a value changed and nothing else: keyed, so that a short secret cannot be guessed from its digest. */
export function createSecretDigest(key: Uint8Array): (value: string) => string {
  return (value) => createHmac('sha256', key).update(value).digest('hex');
}
