import { expect, test } from 'vitest';
import { API_VERSION } from '../../protocol/names.ts';
import type { TriggerResource } from '../../protocol/schema/resources.ts';
import { decideUrls } from './urls.ts';

const route = (name: string, http: { path: string; host?: string } | undefined): TriggerResource => ({
  apiVersion: API_VERSION,
  kind: 'Trigger',
  metadata: { namespace: 'shop', name },
  spec: { function: 'cart', ...(http && { http: { match: 'prefix', methods: [], ...http } }) },
});
const base = 'http://fibonacci-gateway.fibonacci-system.svc';

test.each([
  { what: 'is the gateway’s and the path', triggers: [route('a', { path: '/cart' })], url: `${base}/cart` },
  { what: 'has the trigger’s own host', triggers: [route('a', { path: '/cart', host: 'shop.example' })], url: 'http://shop.example/cart' },
  { what: 'is of the first trigger by name', triggers: [route('b', { path: '/b' }), route('a', { path: '/a' })], url: `${base}/a` },
  { what: 'is of an accepted trigger', triggers: [route('a-refused', { path: '/a' }), route('b', { path: '/b' })], url: `${base}/b` },
  { what: 'is absent without a route', triggers: [route('timer', undefined)], url: undefined },
])('the URL of a function $what', ({ triggers, url }) => {
  expect(decideUrls(triggers, ({ metadata }) => !metadata.name.endsWith('refused'), base).get('shop/cart')).toBe(url);
});

test('without a base there are none', () => {
  expect(decideUrls([route('a', { path: '/cart' })], () => true, '').size).toBe(0);
});
