import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { TOKEN_ISSUER } from '../contract.ts';
import { WatcherError } from '../watcher-error.ts';

export type Act = 'specialize' | 'update' | 'drain';

/** The claims of a token whose signature, issuer, audience, act and expiry are right (W2.7). */
export interface Claims {
  readonly sub: string;
  readonly epoch: number;
  /** Absent with `drain`. */
  readonly digest: string | undefined;
}

export interface TokenExpectation {
  readonly key: KeyObject;
  readonly instance: string;
  readonly act: Act;
  readonly nowMs: number;
}

/** @param raw 32 bytes, base64url (`FIB_PUBLIC_KEY`) */
export function importPublicKey(raw: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw }, format: 'jwk' });
}

/**
 * Checks everything about a token that needs no body.
 * @throws WatcherError TOKEN_INVALID; the message names the claim that did not fit, never the token
 */
export function verifyToken(authorization: string | undefined, expected: TokenExpectation): Claims {
  const token = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(authorization ?? '');
  if (!token) throw invalid(authorization === undefined ? 'the authorization header is missing' : 'the authorization header is not a bearer JWT');
  const [, header = '', payload = '', signature = ''] = token;
  const { alg, typ } = parsePart(header, 'header');
  if (alg !== 'EdDSA') throw invalid('alg must be EdDSA');
  if (typ !== undefined && typ !== 'JWT') throw invalid('typ must be JWT');
  if (!verify(null, Buffer.from(`${header}.${payload}`), expected.key, Buffer.from(signature, 'base64url'))) throw invalid('the signature does not fit');
  return checkClaims(parsePart(payload, 'payload'), expected);
}

function checkClaims(claims: Record<string, unknown>, { instance, act, nowMs }: TokenExpectation): Claims {
  const { iss, aud, act: claimedAct, sub, epoch, exp, digest } = claims;
  if (iss !== TOKEN_ISSUER) throw invalid(`iss must be ${TOKEN_ISSUER}`);
  if (aud !== instance) throw invalid(`aud must be this instance, ${instance}`);
  if (claimedAct !== act) throw invalid(`act must be ${act}`);
  if (typeof sub !== 'string' || sub === '') throw invalid('sub must be the function’s UID');
  if (typeof exp !== 'number' || !Number.isFinite(exp) || exp * 1000 <= nowMs) throw invalid('exp has passed or is no time');
  if (typeof epoch !== 'number' || !Number.isSafeInteger(epoch) || epoch < 0) throw invalid('epoch must be an integer, 0 or more');
  if (act === 'drain') return { sub, epoch, digest: undefined };
  if (typeof digest !== 'string') throw invalid('digest must be the package’s digest');
  return { sub, epoch, digest };
}

function parsePart(part: string, name: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    if (value !== null && typeof value === 'object') return value as Record<string, unknown>;
  } catch {
    // answered below, with what is not an object
  }
  throw invalid(`the ${name} is not a JSON object`);
}

export function invalid(reason: string): WatcherError {
  return new WatcherError('TOKEN_INVALID', `the token is refused: ${reason}`);
}
