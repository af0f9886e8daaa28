import { API_VERSION } from '../../../protocol/names.ts';
import type { AnyResource, KindName } from '../../../protocol/schema/resources.ts';
import type { Placement } from '../../../protocol/schema/placement.ts';
import { sampleContainer, sampleFunction } from '../../../protocol/schema/sample.ts';
import { sampleRevision } from '../../contract/kubernetes-world/store-laws.ts';

/** Valid objects of every kind that between them have every field. */
export function sampleObjects(namespace: string): Readonly<Record<string, AnyResource>> {
  const of = (kind: KindName, spec: object) => ({ apiVersion: API_VERSION, kind, metadata: { name: 'sample', namespace }, spec }) as AnyResource;
  const rule = (metric: object) => of('ScalingRule', { functions: ['hello'], ...metric });
  const full = sampleFunction('sample', {}, namespace);
  const placement = {
    nodeSelector: { 'example.com/disk': 'ssd' },
    zones: ['zone-a'],
    racks: ['r-1'],
    tolerations: [{ key: 'example.com/taint', operator: 'Equal', value: 'x', effect: 'NoExecute', tolerationSeconds: 1 }],
    runtimeClass: 'gvisor',
    priorityClass: 'high',
    spread: 'required',
  } satisfies Placement as Placement;
  return {
    'cold Function': {
      ...full,
      spec: { ...full.spec, env: { A: 'b' }, secrets: [{ env: 'S', name: 'secret', key: 'k' }], scaling: { ...full.spec.scaling, targetRate: 50 } },
    },
    'placed Function': {
      ...full,
      spec: { ...full.spec, deployment: { type: 'cold', memory: '64Mi', placement: { ...placement, zones: ['a'], racks: ['b'] } } },
    },
    'hot Function': { ...full, spec: { ...full.spec, runtime: 'python', signature: 'asgi', deployment: { type: 'hot', pool: 'python' } } },
    'container Function': sampleContainer(
      'sample',
      { command: ['/app'], args: ['-v'] },
      { env: { A: 'b' }, secrets: [{ env: 'S', name: 'secret', key: 'k' }] },
      namespace,
    ),
    Revision: { ...sampleRevision(namespace, 'sample', 'uid'), metadata: { name: 'sample', namespace } },
    'http Trigger': of('Trigger', { function: 'hello', http: { path: '/a/b', match: 'exact', methods: ['GET'], host: 'a.example.org' } }),
    'timer Trigger': of('Trigger', { function: 'hello', timer: { schedule: '* * * * *', timeZone: 'UTC', missed: 'skip', data: '{}' } }),
    PodPool: of('PodPool', { runtime: 'nodejs', min: 2, max: 5, memory: '256Mi' }),
    'placed PodPool': of('PodPool', { runtime: 'nodejs', min: 2, max: 5, memory: '256Mi', placement }),
    'rule on requests': rule({ requestsPerSecond: { utilizationPercent: 85 } }),
    'rule on concurrency': rule({ concurrency: { utilizationPercent: 70 } }),
    'rule on CPU': rule({ cpu: { targetMillicores: 500 } }),
    'rule on memory': rule({ memory: { utilizationPercent: 80 } }),
    'rule on duration': rule({ duration: { target: '250ms' } }),
    'rule on timeouts': rule({ timeouts: { maxPercent: 1 } }),
    'rule on failures': rule({ failures: { maxPercent: 1 } }),
    'rule of one’s own': rule({ custom: { promql: 'vector(1)' } }),
  };
}
