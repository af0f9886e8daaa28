import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createSigningKey, publicKeyOf } from '../../protocol/token.ts';

export interface SigningKey {
  readonly privateKey: KeyObject;
  /** The form of `FIB_PUBLIC_KEY`. */
  readonly publicKey: string;
  /** The secret part, for keyed digests that outlive a restart. */
  readonly seed: Uint8Array;
}

/** The scaler's Ed25519 key from `<stateDir>/signing-key.pem`, made on the first start; readable by its owner alone. */
export async function loadSigningKey(stateDir: string): Promise<SigningKey> {
  const file = join(stateDir, 'signing-key.pem');
  let pem = await readFile(file, 'utf8').catch(() => undefined);
  if (pem === undefined) {
    pem = createSigningKey();
    await writeFile(file, pem, { mode: 0o600 });
  }
  return toSigningKey(pem);
}

/** From PEM (PKCS #8). */
export function toSigningKey(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  return { privateKey, publicKey: publicKeyOf(pem), seed: Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url') };
}
