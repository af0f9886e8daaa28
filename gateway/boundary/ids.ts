import { randomFillSync } from 'node:crypto';

/** Random hex for request ids and trace context, drawn from a pool because a system call for each request would show. */
export interface Ids {
  /** 32 hex digits. */
  trace(): string;
  /** 16 hex digits. */
  span(): string;
}

const POOL_BYTES = 8192;

export function createIds(): Ids {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;
  const take = (bytes: number): string => {
    if (used + bytes > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    used += bytes;
    return pool.toString('hex', used - bytes, used);
  };
  return { trace: () => take(16), span: () => take(8) };
}

const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;
/** W3C Trace Context 1, 3.2: version 00 to fe, no zero ids. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?$/;

export function isRequestId(text: string): boolean {
  return REQUEST_ID.test(text);
}

export function isTraceparent(text: string): boolean {
  return text.length <= 256 && TRACEPARENT.test(text) && (text.startsWith('00-') ? text.length === 55 : true);
}
