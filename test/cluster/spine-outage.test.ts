import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { LABELS } from '../../protocol/names.ts';
import { podPool } from '../contract/platform/objects.ts';
import { type CuttableWay, createCuttableWay } from './fleet-world/cuttable.ts';
import { openCluster } from './machine/cluster.ts';
import { eventually } from './eventually.ts';
import { openSpine, type Spine } from './spine-world/world.ts';

const OUTAGE_MS = 30_000;
const HOT = { deployment: { type: 'hot', pool: 'web' }, scaling: { idleTimeout: '5s' } } as const;

let dir: string;
let way: CuttableWay;
let spine: Spine;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'outage-'));
  way = await createCuttableWay((await openCluster()).kubeconfig, join(dir, 'kubeconfig'));
  spine = await openSpine({ kubeconfig: way.kubeconfig });
  await spine.apply(podPool('web', { min: 3, max: 10, memory: '128Mi' }));
  await spine.idle('web', 3);
});
afterAll(async () => {
  await way?.mend().catch(() => undefined);
  await spine?.close();
  await way?.close();
  await rm(dir, { recursive: true });
});

const text = async (path: string) => {
  const answer = await spine.fetch(path);
  return `${answer.status} ${await answer.text()}`;
};
const podsOf = async (fn: string) => (await spine.pods()).filter(({ metadata }) => metadata.labels[LABELS.function] === fn && !metadata.deletionTimestamp);

it('without the API server warm functions answer on, cold ones start from the pool, and nothing scales in; afterwards all is recorded and idle ones go', async () => {
  for (const name of ['warm', 'idle', 'cold']) await spine.deploy(name, name, HOT);
  expect(await text('/warm')).toBe('200 warm');
  const end = spine.load('/warm', ['warm']);
  await spine.idle('web', 3);
  expect(await text('/idle')).toBe('200 idle');
  const cutAt = performance.now();
  onTestFinished(() => way.mend().catch(() => undefined));
  await way.cut();
  expect(await text('/cold')).toBe('200 cold');
  await new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));
  expect(performance.now() - cutAt).toBeGreaterThan(OUTAGE_MS);
  const { functions } = await spine.state();
  expect(functions.map(({ name, readyReplicas }) => `${name} ${readyReplicas}`).toSorted()).toEqual(
    ['cold 1', 'idle 1', 'warm 1'].map((each) => `${spine.namespace}/${each}`),
  );
  expect(await text('/idle')).toBe('200 idle');
  await way.mend();
  const { sent, wrong } = await end();
  expect(wrong).toEqual([]);
  expect(sent).toBeGreaterThan(1000);
  await eventually(
    async () => (await podsOf('idle')).length === 0 && (await podsOf('cold')).length === 0,
    async () => `idle functions keep their pods: ${JSON.stringify(await spine.state())}`,
  );
  expect(await text('/cold')).toBe('200 cold');
  await eventually(
    async () => (await podsOf('cold')).some(({ metadata }) => metadata.ownerReferences?.[0]?.kind === 'Revision'),
    async () => `not recorded: ${JSON.stringify(await podsOf('cold'))}`,
  );
});
