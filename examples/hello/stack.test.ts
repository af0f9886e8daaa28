import { synthesize } from 'fibonacci-faas/testing';
import { expect, test } from 'vitest';
import stack from './stack.ts';

test('greets as the configuration says', () => {
  const hello = synthesize(stack, { config: { greeting: 'Servus' } }).object('Function', 'hello');
  expect(hello.spec.env).toEqual({ GREETING: 'Servus' });
});

test('one function is hot on the pool, one is cold, and a timer calls by URL', () => {
  const result = synthesize(stack, { gatewayUrl: 'http://127.0.0.1:9000' });
  expect(result.object('Function', 'hello').spec.deployment).toEqual({ type: 'hot', pool: 'node-pool' });
  expect(result.object('Function', 'words').spec.deployment).toEqual({ type: 'cold', memory: '128Mi' });
  expect(result.object('Function', 'tick').spec.env).toEqual({ HELLO_URL: 'http://127.0.0.1:9000/hello' });
});
