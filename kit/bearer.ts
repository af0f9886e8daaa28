import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** The token of `authorization: Bearer <token>` (RFC 6750 2.1); empty where there is none. */
export function bearerToken({ headers }: IncomingMessage): string {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
}

/** Tells whether a request carries the token, in a time that does not depend on how much of it is right. Nobody carries an empty one. */
export function createBearerCheck(token: string): (request: IncomingMessage) => boolean {
  const expected = hash(token);
  return (request) => timingSafeEqual(hash(bearerToken(request)), expected) && token !== '';
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
