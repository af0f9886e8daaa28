import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Tells whether a request carries the token, in a time that does not depend on how much of it is right. Nobody carries an empty one. */
export function createBearerCheck(token: string): (request: IncomingMessage) => boolean {
  const expected = hash(`Bearer ${token}`);
  return (request) => token !== '' && timingSafeEqual(hash(request.headers.authorization ?? ''), expected);
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
