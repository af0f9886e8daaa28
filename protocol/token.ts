import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

/** Claims of a control token (watcher.md W2.7). */
export interface ControlClaims {
  /** The instance's id. */
  readonly aud: string;
  readonly act: 'specialize' | 'update' | 'drain';
  /** The function's UID. */
  readonly sub: string;
  readonly epoch: number;
  /** Seconds since 1970. */
  readonly exp: number;
  /** The package's digest; not for `drain`. */
  readonly digest?: string;
}

export const TOKEN_ISSUER = 'fibonacci-scaler';
const HEADER = Buffer.from('{"alg":"EdDSA","typ":"JWT"}').toString('base64url');

/** A signed JWT (EdDSA) for one order to one watcher. */
export function signControlToken(key: KeyObject, claims: ControlClaims): string {
  const body = `${HEADER}.${Buffer.from(JSON.stringify({ iss: TOKEN_ISSUER, ...claims })).toString('base64url')}`;
  return `${body}.${sign(null, Buffer.from(body), key).toString('base64url')}`;
}

/** A new Ed25519 key as PEM (PKCS #8), for the scaler alone. */
export function createSigningKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The form of `FIB_PUBLIC_KEY`: 32 raw bytes, base64url. */
export function publicKeyOf(privateKeyPem: string): string {
  return createPublicKey(createPrivateKey(privateKeyPem)).export({ format: 'jwk' }).x ?? '';
}
