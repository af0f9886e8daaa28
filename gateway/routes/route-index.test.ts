import fc from 'fast-check';
import { expect, test } from 'vitest';
import { API_VERSION } from '../../protocol/names.ts';
import { decideRoutes } from '../../protocol/routes.ts';
import type { TriggerResource } from '../../protocol/schema/resources.ts';
import type { HttpTriggerSpec } from '../../protocol/schema/trigger.ts';
import { createRouteIndex } from './route-index.ts';

let age = 0;
const route = (name: string, http: Partial<HttpTriggerSpec> & { path: string }): TriggerResource => ({
  apiVersion: API_VERSION,
  kind: 'Trigger',
  metadata: { namespace: 'demo', name, creationTimestamp: new Date(1e12 + age++ * 1000).toISOString() },
  spec: { function: name, http: { match: 'prefix', methods: [], ...http } },
});

function indexOf(...routes: TriggerResource[]) {
  const index = createRouteIndex<string>();
  for (const each of routes) index.set(each, each.metadata.name);
  return { index, find: (path: string, method = 'GET', host = 'any.example') => index.match(host, path, method)?.target };
}

const table = indexOf(
  route('root', { path: '/' }),
  route('api', { path: '/api' }),
  route('api-exact', { path: '/api', match: 'exact' }),
  route('users', { path: '/api/users', methods: ['GET'] }),
  route('users-write', { path: '/api/users', methods: ['POST', 'PUT'] }),
  route('hosted', { path: '/api', host: 'own.example' }),
);

test.each([
  ['/', 'GET', 'any.example', 'root'],
  ['/nothing/at/all', 'GET', 'any.example', 'root'],
  ['/api', 'GET', 'any.example', 'api-exact'],
  ['/api/', 'GET', 'any.example', 'api'],
  ['/api/x', 'GET', 'any.example', 'api'],
  ['/apix', 'GET', 'any.example', 'root'],
  ['/api/users', 'GET', 'any.example', 'users'],
  ['/api/users/7', 'POST', 'any.example', 'users-write'],
  ['/api/users/7', 'DELETE', 'any.example', 'api'],
  ['/api/users', 'GET', 'own.example', 'hosted'],
  ['/other', 'GET', 'own.example', 'root'],
  ['/api/x', 'GET', '', 'api'],
])('%s %s on %j goes to %s', (path, method, host, target) => {
  expect(table.find(path, method, host)).toBe(target);
});

test('allow names the methods of every route on the way, and nothing where there is none', () => {
  const { index } = indexOf(
    route('a', { path: '/a', methods: ['GET'] }),
    route('b', { path: '/a/b', methods: ['PUT'] }),
    route('c', { path: '/a/b', match: 'exact', methods: ['POST'] }),
  );
  expect(index.methodsOf('h', '/a/b')).toEqual(['GET', 'POST', 'PUT']);
  expect(index.methodsOf('h', '/a/b/c')).toEqual(['GET', 'PUT']);
  expect(index.methodsOf('h', '/x')).toEqual([]);
});

test('the oldest claim holds a route; the next takes over when it goes or moves', () => {
  const [first, second, third] = [route('first', { path: '/x' }), route('second', { path: '/x' }), route('third', { path: '/x', methods: ['GET'] })];
  const { index, find } = indexOf(third, second, first);
  expect(find('/x')).toBe('first');
  index.set({ ...first, spec: { function: 'first', http: { path: '/moved', match: 'prefix', methods: [] } } }, 'first');
  expect([find('/x'), find('/moved')]).toEqual(['second', 'first']);
  index.remove('demo', 'second');
  expect([find('/x'), find('/x', 'POST')]).toEqual(['third', undefined]);
  index.remove('demo', 'third');
  expect(find('/x')).toBeUndefined();
});

test('whatever comes and goes, a match is what the accepted routes say', () => {
  const segment = fc.constantFrom('a', 'b');
  const path = fc.array(segment, { maxLength: 3 }).map((parts) => `/${parts.join('/')}`);
  const methods = fc.subarray(['GET', 'POST'] as const);
  const change = fc.record({
    name: fc.constantFrom('p', 'q', 'r', 's'),
    path,
    methods,
    match: fc.constantFrom('prefix' as const, 'exact' as const),
    remove: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 25 }), path, fc.constantFrom('GET', 'POST'), (changes, asked, method) => {
      const { index, find } = indexOf();
      const kept = new Map<string, TriggerResource>();
      for (const { name, remove, ...http } of changes) {
        if (remove) {
          index.remove('demo', name);
          kept.delete(name);
        } else {
          const trigger = route(name, { ...http, methods: [...http.methods] });
          index.set(trigger, name);
          kept.set(name, trigger);
        }
      }
      const fits = decideRoutes([...kept.values()]).accepted.filter(({ spec }) => {
        const { path: claimed, match, methods: taken } = spec.http as HttpTriggerSpec;
        const covers = match === 'exact' ? asked === claimed : asked === claimed || claimed === '/' || asked.startsWith(`${claimed}/`);
        return covers && (taken.length === 0 || taken.includes(method as 'GET'));
      });
      const rank = ({ spec }: TriggerResource) => (spec.http?.path.length ?? 0) * 2 + (spec.http?.match === 'exact' ? 1 : 0);
      const best = fits.sort((a, b) => rank(b) - rank(a))[0];
      expect(find(asked, method)).toBe(best?.metadata.name);
    }),
  );
});

test('a target that is not visible is as if it had no route: a wider one answers, no method of it is told, and nothing of its host', () => {
  const { index } = indexOf(
    route('wide', { path: '/api' }),
    route('hidden', { path: '/api/users', match: 'exact' }),
    route('hidden-host', { path: '/', host: 'own.example' }),
    route('hidden-write', { path: '/only', methods: ['PUT'] }),
    route('seen-read', { path: '/only', methods: ['GET'] }),
  );
  const visible = (name: string) => !name.startsWith('hidden');
  expect(index.match('any.example', '/api/users', 'GET')?.target).toBe('hidden');
  expect(index.match('any.example', '/api/users', 'GET', visible)?.target).toBe('wide');
  expect(index.match('own.example', '/api', 'GET', visible)?.target).toBe('wide');
  expect(index.match('own.example', '/other', 'GET', visible)).toBeUndefined();
  expect(index.match('any.example', '/only', 'PUT', visible)).toBeUndefined();
  expect(index.methodsOf('any.example', '/only', visible)).toEqual(['GET']);
});
