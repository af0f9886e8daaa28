import { describe, expect, it } from 'vitest';
import { KubernetesError } from '../../kit/kubernetes/error.ts';
import type { PlatformError } from '../../protocol/errors.ts';
import { fieldConflictsOf, toClusterError } from './cluster-failure.ts';

const attempt = { verb: 'patch', resource: 'functions.fibonacci.dev', namespace: 'shop', context: 'prod' };
const answered = (status: number, message: string, body: object = {}) => new KubernetesError({ status, reason: 'R', message, body });
const toCode = (error: Error) => (toClusterError(error, attempt) as PlatformError).code;

describe('what an API server says no to', () => {
  it.each([
    ['no answer', answered(0, 'got no answer: ECONNREFUSED'), 'CLUSTER_UNREACHABLE'],
    ['a token that nobody knows', answered(401, 'Unauthorized'), 'CLUSTER_FORBIDDEN'],
    ['a right that is missing', answered(403, 'functions is forbidden: User "ann" cannot patch resource "functions"'), 'CLUSTER_FORBIDDEN'],
  ])('%s is about the cluster', (_, error, code) => {
    expect(toCode(error)).toBe(code);
  });

  it.each([
    ['admission', answered(403, 'pods "a" is forbidden: violates PodSecurity "restricted"')],
    ['a quota', answered(403, 'pods "a" is forbidden: exceeded quota')],
    ['validation', answered(422, 'Function "a" is invalid: spec.timeout')],
    ['a bug of ours', new TypeError('x')],
  ])('%s is about the object and comes back as it is', (_, error) => {
    expect(toClusterError(error, attempt)).toBe(error);
  });

  it('names user, verb, resource and namespace', () => {
    const error = toClusterError(answered(403, 'x is forbidden: User "ann" cannot patch resource "functions"'), attempt) as Error;
    expect(error.message).toBe(
      'ann may not patch functions.fibonacci.dev in namespace shop (context prod): ask who administers the cluster for a role with this verb',
    );
  });

  it('finds who owns which field', () => {
    const causes = [
      { reason: 'FieldManagerConflict', message: 'conflict with "kubectl-edit" using fibonacci.dev/v1alpha1 at 2026-01-01T00:00:00Z', field: '.spec.timeout' },
      { reason: 'Other', message: 'x', field: '.spec' },
    ];
    expect(fieldConflictsOf(answered(409, 'Apply failed', { details: { causes } }))).toEqual([{ manager: 'kubectl-edit', field: '.spec.timeout' }]);
  });
});
