import { expect, test } from 'vitest';
import { sampleContainer } from '../../../protocol/schema/sample.ts';
import { parseWorkloads } from '../../../protocol/workloads.ts';
import { coldTemplate } from '../template.ts';
import { parseTemplate } from './pods.ts';
import { renderWorkload } from './workload.ts';

const context = { workloads: parseWorkloads('{"images":{},"pullSecrets":["registry"],"scratch":"64Mi"}'), publicKey: 'the-key' };
const pod = (...args: Parameters<typeof sampleContainer>) => renderWorkload(coldTemplate(sampleContainer(...args)), context).spec.template;
const container = (...args: Parameters<typeof sampleContainer>) => pod(...args).spec.containers[0];

test('the image runs as it is, on a platform that has no image of its own', () => {
  const { name, image, command, args, ports } = container('app', { image: 'shop/app:1', port: 3000 });
  expect({ name, image, command, args, ports }).toEqual({
    name: 'function',
    image: 'shop/app:1',
    command: undefined,
    args: undefined,
    ports: [{ name: 'data', containerPort: 3000 }],
  });
});

test('it is told its port and its variables, and values of Secrets by its node', () => {
  const spec = { env: { REGION: 'eu', TOKEN: 'shadowed' }, secrets: [{ env: 'TOKEN', name: 'keys', key: 'token' }] };
  expect(container('app', { port: 3000 }, spec).env).toEqual([
    { name: 'PORT', value: '3000' },
    { name: 'REGION', value: 'eu' },
    { name: 'TOKEN', valueFrom: { secretKeyRef: { name: 'keys', key: 'token' } } },
  ]);
});

test('no variable of the platform is put into its words', () => {
  const { command, args, env } = container('app', { command: ['sh', '-c', 'echo $PORT $(PORT)'], args: ['$$'] }, { env: { PRICE: '$(PORT)' } });
  expect([command, args]).toEqual([['sh', '-c', 'echo $$PORT $$(PORT)'], ['$$$$']]);
  expect(env).toContainEqual({ name: 'PRICE', value: '$$(PORT)' });
});

test('it is ready and alive as long as its port takes connections', () => {
  const port = { tcpSocket: { port: 3000 } };
  expect(container('app', { port: 3000 })).toMatchObject({ startupProbe: port, readinessProbe: port, livenessProbe: port });
});

test('it is held as every function: restricted, with a root that it cannot write to and scratch at /tmp', () => {
  const { spec, metadata } = pod('app');
  expect(spec).toMatchObject({
    automountServiceAccountToken: false,
    imagePullSecrets: [{ name: 'registry' }],
    securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
    volumes: [{ name: 'scratch', emptyDir: { sizeLimit: '64Mi' } }],
  });
  expect(container('app')).toMatchObject({
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
    volumeMounts: [{ name: 'scratch', mountPath: '/tmp' }],
    resources: { limits: { memory: '256Mi' } },
  });
  expect(metadata.labels).toMatchObject({ 'fibonacci.dev/cold': 'app', 'fibonacci.dev/runtime': 'container' });
});

test('a new leader reads from the pod all that it was made from', () => {
  const template = coldTemplate(sampleContainer('app', { args: ['-v'] }, { env: { A: '1' }, secrets: [{ env: 'T', name: 'keys', key: 't' }] }));
  const { annotations } = renderWorkload(template, context).spec.template.metadata;
  expect(parseTemplate(annotations['fibonacci.dev/instance-template'])).toEqual(template);
});
