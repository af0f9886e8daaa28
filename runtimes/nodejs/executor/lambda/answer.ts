import { isBase64 } from '../body.ts';
import { bad, isMap, toHeaders, toJson, type Answer } from '../result.ts';

const TEXT = 'text/plain; charset=utf-8';

/**
 * A handler's result as an answer, by the rules of API Gateway for payload format version 2.0, with `multiValueHeaders` of version 1.0 (W7.9).
 * @throws WatcherError FUNCTION_BAD_RESPONSE
 */
export function toLambdaAnswer(result: unknown): Answer {
  if (isMap(result) && result['statusCode'] !== undefined) return fromResponse(result);
  const body = typeof result === 'string' ? result : toJson(result ?? null);
  return { status: 200, headers: { 'content-type': 'application/json' }, body };
}

function fromResponse(response: Record<string, unknown>): Answer {
  const status = toStatus(response['statusCode']);
  const headers = { ...toHeaders(plain(response['headers'])), ...toHeaders(plain(response['multiValueHeaders'])) };
  const cookies = response['cookies'] ?? [];
  if (!Array.isArray(cookies) || !cookies.every((cookie) => typeof cookie === 'string')) throw bad('cookies must be a list of strings');
  if (cookies.length > 0) headers['set-cookie'] = [headers['set-cookie'] ?? [], toHeaders({ 'set-cookie': cookies })['set-cookie'] ?? []].flat();
  headers['content-type'] ??= TEXT;
  return { status, headers, body: toBody(response['body'], response['isBase64Encoded']) };
}

function toStatus(value: unknown): number {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  if (!Number.isInteger(status) || (status as number) < 200 || (status as number) > 599)
    throw bad(`statusCode must be from 200 to 599, not ${JSON.stringify(value)?.slice(0, 32)}`);
  return status as number;
}

/** Booleans are said as text. */
function plain(headers: unknown): unknown {
  if (!isMap(headers)) return headers ?? {};
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, typeof value === 'boolean' ? String(value) : value]));
}

function toBody(body: unknown, isBase64Encoded: unknown): string | Uint8Array | null {
  if (body === undefined || body === null) return null;
  if (typeof body !== 'string') throw bad(`body must be a string, not ${Array.isArray(body) ? 'a list' : typeof body}: JSON.stringify it`);
  if (isBase64Encoded !== true) return body;
  if (!isBase64(body)) throw bad('isBase64Encoded is true and the body is not base64');
  return Buffer.from(body, 'base64');
}
