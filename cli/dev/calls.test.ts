import { describe, expect, it } from 'vitest';
import type { AnyResource } from '../../protocol/schema/resources.ts';
import { callsOf, curlOf } from './calls.ts';

const fn = (name: string, deployment: object = { type: 'cold' }) =>
  ({ kind: 'Function', metadata: { namespace: 'default', name }, spec: { runtime: 'nodejs', deployment } }) as unknown as AnyResource;
const trigger = (target: string, spec: object) =>
  ({ kind: 'Trigger', metadata: { namespace: 'default', name: `${target}-trigger` }, spec: { function: target, ...spec } }) as unknown as AnyResource;
const lineFor = (...resources: AnyResource[]) => callsOf(resources).map((call) => curlOf(call, 'http://127.0.0.1:8080', 'npx fib'));

describe('the line to copy for a function', () => {
  it('is a curl of its route', () => {
    expect(lineFor(fn('a'), trigger('a', { http: { path: '/a', methods: [] } }))).toEqual(['curl http://127.0.0.1:8080/a']);
  });

  it('has a method that the trigger takes, and its host', () => {
    expect(lineFor(fn('a'), trigger('a', { http: { path: '/a', methods: ['POST', 'PUT'], host: 'shop.test' } }))).toEqual([
      `curl -X POST -H 'host: shop.test' http://127.0.0.1:8080/a`,
    ]);
  });

  it('prefers GET', () => {
    expect(lineFor(fn('a'), trigger('a', { http: { path: '/a', methods: ['POST', 'GET'] } }))).toEqual(['curl http://127.0.0.1:8080/a']);
  });

  it('is fib invoke where only a timer calls it', () => {
    expect(lineFor(fn('a'), trigger('a', { timer: { schedule: '* * * * *', timeZone: 'UTC' } }))).toEqual(['npx fib invoke default/a']);
  });
});

it('calls every function once, with its own triggers', () => {
  const calls = callsOf([fn('a', { type: 'hot', pool: 'p' }), fn('b'), trigger('b', { http: { path: '/b', methods: [] } })]);
  expect(calls.map(({ name, deployment, http }) => [name, deployment, http?.path])).toEqual([
    ['a', 'hot (p)', undefined],
    ['b', 'cold', '/b'],
  ]);
});
