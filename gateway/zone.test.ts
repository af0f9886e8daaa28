import { expect, test } from 'vitest';
import { silentLog } from '../kit/log.ts';
import { zoneOfNode } from './zone.ts';

const client = (answer: () => object) => ({
  request: async <T>(_method: string, path: string) => {
    expect(path).toBe('/api/v1/nodes/node-a');
    return answer() as T;
  },
});
const forbidden = () => {
  throw new Error('nodes "node-a" is forbidden');
};

test.each<[string, () => object, string]>([
  ['the label of its node', () => ({ metadata: { labels: { 'topology.kubernetes.io/zone': 'zone-a' } } }), 'zone-a'],
  ['none where the node has no label', () => ({ metadata: {} }), ''],
  ['none where nodes may not be read', forbidden, ''],
])('a gateway’s zone is %s', async (_, answer, zone) => {
  expect(await zoneOfNode(client(answer), 'node-a', silentLog)).toBe(zone);
});

test('without a node nobody is asked', async () => {
  expect(await zoneOfNode(client(forbidden), '', silentLog)).toBe('');
});
