import { createHmac } from 'node:crypto';

const SECONDS = 3600;

// curl -H 'content-type: application/json' -d '{"device":"phone-7"}' http://127.0.0.1:8080/session
export function handler({ body }) {
  if (typeof body?.device !== 'string' || !/^[\w-]{1,64}$/.test(body.device))
    return { statusCode: 400, body: { error: 'send {"device": "…"}, 1 to 64 letters' } };
  const claims = Buffer.from(JSON.stringify({ device: body.device, until: Math.floor(Date.now() / 1000) + SECONDS })).toString('base64url');
  const signature = createHmac('sha256', process.env.SIGNING_KEY).update(claims).digest('base64url');
  return { token: `${claims}.${signature}`, seconds: SECONDS };
}
