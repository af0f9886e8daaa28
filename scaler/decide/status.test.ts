import { expect, test } from 'vitest';
import { decideFunctionStatus, type FunctionPicture } from './status.ts';

const picture: FunctionPicture = { generation: 3, replicas: 0, readyReplicas: 0, revision: 'hello-00003', rejected: false };
const problem = { code: 'LOAD_FAILED', message: 'index.js:3: Unexpected token', at: 0 };
const readyOf = (given: Partial<FunctionPicture>) => decideFunctionStatus({ ...picture, ...given }, undefined, new Date(0)).conditions?.[0];

test('a function at zero replicas is ready', () => {
  expect(readyOf({})).toMatchObject({ type: 'Ready', status: 'True', observedGeneration: 3 });
});

test('content that does not load makes it not ready and says where, though older code serves', () => {
  const status = decideFunctionStatus({ ...picture, replicas: 1, readyReplicas: 1, rejected: true, lastError: problem }, undefined, new Date(0));
  expect(status.conditions?.[0]).toMatchObject({ status: 'False', reason: 'LoadFailed', message: 'index.js:3: Unexpected token' });
  expect(status).toMatchObject({ readyReplicas: 1, lastError: { code: 'LOAD_FAILED', time: '1970-01-01T00:00:00.000Z' } });
});

test('an error of the past is shown and does not make it unready', () => {
  expect(readyOf({ lastError: problem })).toMatchObject({ status: 'True' });
});

test('until its package was read it is not known whether it is ready, unless something is known to be wrong', () => {
  expect(readyOf({ package: 'pending' })).toMatchObject({ status: 'Unknown', reason: 'Verifying' });
  expect(readyOf({ package: 'pending', unresolved: problem })).toMatchObject({ status: 'False', reason: 'LoadFailed' });
});

test.each([
  { because: 'its package is missing', given: { package: { ...problem, code: 'PACKAGE_INVALID' } }, reason: 'PackageInvalid' },
  { because: 'a secret is missing', given: { unresolved: { ...problem, code: 'SECRET_MISSING' } }, reason: 'SecretMissing' },
  { because: 'the runtime is off', given: { obstacle: { code: 'RUNTIME_UNAVAILABLE', message: 'no python' } }, reason: 'RuntimeUnavailable' },
])('it is not ready because $because', ({ given, reason }) => {
  expect(readyOf(given)).toMatchObject({ status: 'False', reason });
});
