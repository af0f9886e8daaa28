import { afterEach, expect, test } from 'vitest';
import { createWorld, type World } from './gateway-world/world.ts';

let world: World;
afterEach(() => world.close());

test('a request waits for an instance that the leader announces, and the next one finds it warm', async () => {
  world = await createWorld();
  await world.declare('hello');
  world.leader.onDemand = ({ waiting }) => {
    if (waiting > 0)
      void world.serve({ function: 'hello', coldStart: { pool: 'demo/pool', runtime: 'nodejs', allocateMs: 1, codeMs: 2, dependenciesMs: 0, initMs: 3 } });
    world.leader.onDemand = undefined;
  };
  const cold = await fetch(`${world.url}/hello/x?y=1`);
  expect([cold.status, await cold.text()]).toEqual([200, 'hello']);
  expect(cold.headers.get('server-timing')).toMatch(
    /^queue;dur=[\d.]+, allocate;dur=1.00, code;dur=2.00, dependencies;dur=0.00, init;dur=3.00, firstByte;dur=[\d.]+$/,
  );
  expect(world.leader.heard).toContainEqual({ type: 'demand', function: 'demo/hello', waiting: 1, inFlight: 0 });
  const warm = await fetch(`${world.url}/hello`);
  expect([warm.status, warm.headers.get('server-timing')]).toEqual([200, null]);
});

test('an unknown path is 404 and says so in the error body', async () => {
  world = await createWorld();
  const answer = await fetch(`${world.url}/nothing`, { headers: { 'x-request-id': 'abc' } });
  expect(answer.status).toBe(404);
  expect(await answer.json()).toEqual({ code: 'ROUTE_NOT_FOUND', message: 'no HTTP trigger takes /nothing: see the routes with fib ps', requestId: 'abc' });
});

test('without capacity within activationTimeout the answer is 504 with the phase reached', async () => {
  world = await createWorld();
  await world.declare('slow', { activationTimeout: '1s' });
  setTimeout(() => world.leader.tell({ type: 'phase', function: 'demo/slow', phase: 'code' }), 300);
  const answer = await fetch(`${world.url}/slow`);
  expect(answer.status).toBe(504);
  expect(await answer.json()).toMatchObject({ code: 'ACTIVATION_TIMEOUT', phase: 'code' });
});
