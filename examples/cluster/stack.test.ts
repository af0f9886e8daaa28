import { synthesize } from 'fibonacci-faas/testing';
import { expect, test } from 'vitest';
import stack from './stack.ts';

test('public functions are reached at the host of the environment', () => {
  const { rules } = synthesize(stack, { config: { host: 'shop.example' } }).object('Ingress', 'fibonacci-gateway')['spec'] as { rules: { host: string }[] };
  expect(rules.map(({ host }) => host)).toEqual(['shop.example']);
});

test('the platform connects to the API server of the environment, and functions to the internet but not to private networks', () => {
  const result = synthesize(stack, { config: { apiServer: '192.0.2.7/32' } });
  const egress = (policy: string, namespace: string) =>
    JSON.stringify((result.object('NetworkPolicy', policy, namespace)['spec'] as { egress: unknown }).egress);
  expect(egress('fibonacci-gateway', 'fibonacci-system')).toContain('"192.0.2.7/32"');
  expect(egress('fibonacci-functions', 'shop')).toContain('{"cidr":"0.0.0.0/0","except":["10.0.0.0/8"');
});

test('with no config it asks nothing of a cluster that a fresh one lacks: no Secret, Ingress controller or address of the API server', () => {
  const result = synthesize(stack);
  expect(result.objects.filter(({ object }) => object.kind === 'Ingress')).toEqual([]);
  expect((result.object('Function', 'hello', 'shop')['spec'] as { secrets: unknown[] }).secrets).toEqual([]);
  expect(JSON.stringify(result.object('NetworkPolicy', 'fibonacci-gateway'))).toContain('{"cidr":"0.0.0.0/0"}');
});

test('a Secret of the environment is named by the function that greets', () => {
  const { secrets } = synthesize(stack, { config: { greetingSecret: 'greetings' } }).object('Function', 'hello', 'shop')['spec'] as { secrets: unknown[] };
  expect(secrets).toEqual([{ env: 'GREETING', name: 'greetings', key: 'english' }]);
});
