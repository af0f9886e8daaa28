import { afterAll, beforeAll, expect, it } from 'vitest';
import { functionObject, httpTrigger, podPool } from '../contract/platform/objects.ts';
import { eventually } from './eventually.ts';
import { openSpine, type Spine } from './spine-world/world.ts';

let spine: Spine;
beforeAll(async () => {
  spine = await openSpine({ pythonImage: 'localhost/never-built:1' });
});
afterAll(() => spine?.close());

interface Status {
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string }[];
}

const ready = async (kind: string, name: string) => {
  const { status } = await spine.cluster.get<{ status?: Status }>(`${kind}.fibonacci.dev`, name, '-n', spine.namespace);
  return status?.conditions?.find(({ type }) => type === 'Ready');
};

/** The caller's answer, the Function's condition and `fib status` all say why. */
async function saysWhy(name: string, why: RegExp): Promise<void> {
  await spine.routed(name);
  const answer = await spine.fetch(`/${name}`);
  expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'NO_CAPACITY', message: expect.stringMatching(why) }]);
  expect(answer.headers.get('retry-after')).not.toBeNull();
  await eventually(
    async () => why.test((await ready('functions', name))?.message ?? ''),
    async () => `the condition is ${JSON.stringify(await ready('functions', name))}`,
  );
  expect(await ready('functions', name)).toMatchObject({ status: 'False', reason: 'NoCapacity' });
  expect(await spine.fibStatus(name)).toMatchObject({ state: 'failing', problems: expect.arrayContaining([expect.stringMatching(why)]) });
}

it('a pod that fits no node is told by the scheduler’s words', async () => {
  await spine.deploy('huge', 'never', { deployment: { type: 'cold', memory: '900Gi' } });
  await saysWhy('huge', /Insufficient memory/);
});

it('what is wrong stands among the events of the Function', async () => {
  await eventually(
    async () =>
      /Warning +NoCapacity .*Insufficient memory/.test(await spine.cluster.kubectl(['describe', 'functions.fibonacci.dev/huge', '-n', spine.namespace])),
    () => spine.cluster.kubectl(['describe', 'functions.fibonacci.dev/huge', '-n', spine.namespace]),
    10_000,
  );
});

it('a sandbox that the cluster does not have is told by its name', async () => {
  await spine.deploy('sandboxed', 'never', { deployment: { type: 'cold', memory: '64Mi', placement: { runtimeClass: 'no-such-sandbox' } } });
  await saysWhy('sandboxed', /RuntimeClass "no-such-sandbox" not found/);
});

it('an image that nodes do not have is told by its name', async () => {
  const code = await spine.putCode('');
  await spine.apply(functionObject('imageless', code, { runtime: 'python', deployment: { type: 'cold', memory: '64Mi' } }), httpTrigger('imageless'));
  await saysWhy('imageless', /never-built/);
});

it('a pool without its image says so', async () => {
  await spine.apply(podPool('snakes', { runtime: 'python', min: 1, max: 2 }));
  await eventually(
    async () => /never-built.*NotStarting/.test(JSON.stringify(await ready('podpools', 'snakes'))),
    async () => JSON.stringify(await ready('podpools', 'snakes')),
  );
});

it('a quota that is used up is told, and once there is room the function answers', async () => {
  const quota = {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { namespace: spine.namespace, name: 'none' },
    spec: { hard: { 'requests.memory': '1Mi' } },
  };
  await spine.cluster.apply(quota);
  await spine.deploy('crowded', 'room', { deployment: { type: 'cold', memory: '64Mi' } });
  await saysWhy('crowded', /exceeded quota/);
  await spine.cluster.kubectl(['delete', 'resourcequota', 'none', '-n', spine.namespace]);
  await eventually(
    async () => (await spine.fetch('/crowded')).status === 200,
    async () => (await spine.fetch('/crowded')).text(),
  );
  await eventually(
    async () => (await ready('functions', 'crowded'))?.status === 'True',
    async () => JSON.stringify(await ready('functions', 'crowded')),
  );
});
