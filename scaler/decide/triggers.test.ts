import { expect, test } from 'vitest';
import { API_VERSION } from '../../protocol/names.ts';
import type { TriggerResource } from '../../protocol/schema/resources.ts';
import type { TriggerSpec } from '../../protocol/schema/trigger.ts';
import { decideTriggers } from './triggers.ts';

function trigger(name: string, spec: Partial<TriggerSpec>, created = '2026-01-01T00:00:00Z'): TriggerResource {
  return { apiVersion: API_VERSION, kind: 'Trigger', metadata: { namespace: 'shop', name, creationTimestamp: created }, spec: { function: 'cart', ...spec } };
}
const route = (path: string) => ({ http: { path, match: 'prefix' as const, methods: [] } });
const timer = (schedule: string) => ({ timer: { schedule, timeZone: 'UTC', missed: 'skip' as const } });
const verdictOf = (triggers: TriggerResource[], name: string) => decideTriggers(triggers, (fn) => fn === 'shop/cart').get(`shop/${name}`);

test('a trigger of a function that is there is accepted', () => {
  expect(verdictOf([trigger('a', route('/cart'))], 'a')).toEqual({ accepted: true, reason: 'Accepted', message: '' });
  expect(verdictOf([trigger('t', timer('*/5 * * * *'))], 't')).toMatchObject({ accepted: true });
});

test('a trigger of a function that is not there is not', () => {
  expect(verdictOf([trigger('a', { ...route('/x'), function: 'crat' })], 'a')).toMatchObject({
    accepted: false,
    reason: 'FunctionNotFound',
    message: expect.stringContaining('shop/crat'),
  });
});

test('a route claimed twice goes to the oldest claim, and the other says whose it is', () => {
  const triggers = [trigger('young', route('/cart'), '2026-02-01T00:00:00Z'), trigger('old', route('/cart'))];
  expect(verdictOf(triggers, 'old')).toMatchObject({ accepted: true });
  expect(verdictOf(triggers, 'young')).toMatchObject({ accepted: false, reason: 'RouteConflict', message: expect.stringContaining('shop/old') });
});

test('a schedule that is not one is named', () => {
  expect(verdictOf([trigger('t', timer('99 * * * *'))], 't')).toMatchObject({
    accepted: false,
    reason: 'InvalidSchedule',
    message: expect.stringContaining('99'),
  });
});
