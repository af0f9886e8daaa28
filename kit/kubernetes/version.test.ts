import { expect, it, test } from 'vitest';
import { KubernetesError } from './client.ts';
import { isTooOld, requireVersion } from './version.ts';

it.each([
  ['1', '26', true],
  ['1', '26+', true],
  ['0', '99', true],
  ['1', '27', false],
  ['1', '34+', false],
  ['2', '0', false],
  ['', '', false],
])('%s.%s: too old is %s', (major, minor, tooOld) => {
  expect(isTooOld({ major, minor, gitVersion: `v${major}.${minor}` })).toBe(tooOld);
});

test('the message has the cluster, its version and the oldest that will do', async () => {
  const request = async <T>() => ({ major: '1', minor: '25+', gitVersion: 'v1.25.16-gke.1' }) as T;
  await expect(requireVersion({ request }, 'prod')).rejects.toThrow(/context prod runs Kubernetes v1\.25\.16-gke\.1, and Fibonacci needs 1\.27 or newer/);
});

test('who may not ask for the version goes on', async () => {
  const request = () => Promise.reject(new KubernetesError({ status: 403, reason: 'Forbidden', message: 'no' }));
  await expect(requireVersion({ request }, 'prod')).resolves.toBeUndefined();
});
