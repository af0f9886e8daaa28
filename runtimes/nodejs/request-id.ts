import { randomUUID } from 'node:crypto';

const PATTERN = /^[A-Za-z0-9._:-]{1,128}$/;

/** The request's own id where it is well-formed, else a new one (W5.3). */
export function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && PATTERN.test(header) ? header : randomUUID();
}
