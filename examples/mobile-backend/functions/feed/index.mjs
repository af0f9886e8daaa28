import { createHmac, timingSafeEqual } from 'node:crypto';

const ENTRIES = Array.from({ length: 100 }, (_, index) => ({ id: 100 - index, title: `Story ${100 - index}` }));
const PAGE = 20;

// curl -H "authorization: Bearer $TOKEN" 'http://127.0.0.1:8080/feed?before=81'
export function handler({ headers, query }) {
  const device = deviceOf(headers.authorization);
  if (device === undefined) return { statusCode: 401, headers: { 'www-authenticate': 'Bearer' }, body: { error: 'the token is missing, wrong or too old' } };
  const before = Number(query?.before ?? Infinity);
  if (Number.isNaN(before)) return { statusCode: 400, body: { error: 'before must be the id of a story' } };
  const entries = ENTRIES.filter(({ id }) => id < before).slice(0, PAGE);
  return { device, entries, ...(entries.length === PAGE && { before: entries.at(-1).id }) };
}

function deviceOf(authorization = '') {
  const [claims, signature] = authorization.replace('Bearer ', '').split('.');
  if (claims === undefined || signature === undefined) return undefined;
  const expected = createHmac('sha256', process.env.SIGNING_KEY).update(claims).digest();
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const { device, until } = JSON.parse(Buffer.from(claims, 'base64url').toString());
  return until > Date.now() / 1000 ? device : undefined;
}
