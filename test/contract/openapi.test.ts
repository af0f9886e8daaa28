import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { expandWorkloads } from '../../cli/render/expand.ts';
import { loadStackFresh } from '../../constructs/load-fresh.ts';
import type { KubernetesObject } from '../../constructs/synth/object.ts';
import { API_GROUP } from '../../protocol/names.ts';
import { ROOT } from './cli-world/project.ts';
import { type Judge, openApiOf } from './openapi-world/openapi.ts';

const EXAMPLES = ['hello', 'cluster', 'web-api', 'voice-skills', 'mobile-backend'];

/** The oldest that is promised. The newest judges for itself: tests apply the same objects to its API server. */
describe('what examples come to, by the OpenAPI of Kubernetes 1.27', () => {
  let judge: Judge;
  beforeAll(async () => {
    judge = await openApiOf('v1.27.16');
  }, 300_000);

  it.each(EXAMPLES)('examples/%s, with the workloads that the scaler makes of it', async (example) => {
    const { objects } = await loadStackFresh(join(ROOT, 'examples', example, 'stack.ts'));
    const all = [...objects.map(({ object }) => object), ...expandWorkloads(objects)].filter(({ apiVersion }) => !apiVersion.startsWith(`${API_GROUP}/`));
    const problems = all.flatMap((object) => judge(object).map((problem) => `${object.kind}/${object.metadata.name}: ${problem}`));
    expect(problems).toEqual([]);
    expect(all.length).toBeGreaterThan(1);
  });

  it.each<[string, KubernetesObject, RegExp]>([
    ['a field that does not exist', { apiVersion: 'v1', kind: 'Service', metadata: { name: 'a' }, spec: { port: 80 } }, /additional properties.*"port"/],
    [
      'a field of a later release',
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { containers: [], hostnameOverride: 'x' } },
      /hostnameOverride/,
    ],
    [
      'a wrong type',
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec: { replicas: 'two', selector: {}, template: {} } },
      /must be integer/,
    ],
    ['a missing field', { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' }, spec: { template: {} } }, /required.*selector/],
    ['a kind that is no more', { apiVersion: 'policy/v1beta1', kind: 'PodSecurityPolicy', metadata: { name: 'a' } }, /knows no PodSecurityPolicy/],
  ])('%s is told', (_, object, problem) => {
    expect(judge(object).join('\n')).toMatch(problem);
  });
});
