import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LABELS } from '../../protocol/names.ts';
import type { Container } from '../../protocol/schema/container.ts';
import type { FunctionSpec } from '../../protocol/schema/function.ts';
import { sampleContainer } from '../../protocol/schema/sample.ts';
import { httpTrigger } from '../contract/platform/objects.ts';
import { eventually } from './eventually.ts';
import { loadTestImages } from './images/load.ts';
import { TEST_IMAGES } from './images/test-images.ts';
import { openCluster } from './machine/cluster.ts';
import { openSpine, type Spine } from './spine-world/world.ts';

describe('functions that are containers, in pods', () => {
  let spine: Spine;
  beforeAll(async () => {
    await loadTestImages(await openCluster());
    spine = await openSpine();
  }, 600_000);
  afterAll(() => spine?.close());

  const run = async (name: string, container: Partial<Container> = {}, spec: Partial<FunctionSpec> = {}) => {
    const small = { deployment: { type: 'cold', memory: '128Mi' } } as const;
    await spine.apply(sampleContainer(name, { image: TEST_IMAGES.plainApp, ...container }, { ...small, ...spec }, spine.namespace), httpTrigger(name));
    await spine.routed(name);
  };
  const text = async (path: string, init?: RequestInit) => {
    const answer = await spine.fetch(path, init);
    return `${answer.status} ${await answer.text()}`;
  };
  const podsOf = async (fn: string) => (await spine.pods()).filter(({ metadata }) => metadata.labels[LABELS.cold] === fn);
  const alive = async (fn: string) => (await podsOf(fn)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);

  it('an image that listens on $PORT answers with no change, under the restricted Pod Security Standard', async () => {
    await run('plain');
    expect(await text('/plain')).toBe('200 1');
    expect(JSON.parse((await text('/plain/told')).slice(4))).toEqual({ PORT: '8080', uid: 65_532, args: ['as', 'built'] });
    expect(await text('/plain/write')).toBe('200 /tmp/x written, /app/x EROFS');
  });

  it('it is told another port, its words and its variables literally, and values of Secrets by its node', async () => {
    await spine.cluster.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { namespace: spine.namespace, name: 'keys' }, stringData: { token: 'hunter2' } });
    const spec = { env: { GREETING: 'costs $5, $(PORT)' }, secrets: [{ env: 'TOKEN', name: 'keys', key: 'token' }] };
    await run('told', { port: 3000, args: ['$(PORT)', '$$'] }, spec);
    const told = { PORT: '3000', GREETING: 'costs $5, $(PORT)', TOKEN: 'hunter2', uid: 65_532, args: ['$(PORT)', '$$'] };
    expect(JSON.parse((await text('/told/told')).slice(4))).toEqual(told);
  });

  it('a Secret that is not there is told in the words of Kubernetes', async () => {
    await run('lacking', {}, { secrets: [{ env: 'TOKEN', name: 'nowhere', key: 'token' }] });
    await eventually(
      async () => /503 .*secret \\"nowhere\\" not found/.test(await text('/lacking')),
      () => text('/lacking'),
    );
  });

  it('an image that nobody has is told in the words of Kubernetes', async () => {
    await run('unknown', { image: 'localhost/nobody-has-this:1' });
    await eventually(
      async () => /503 .*ErrImageNeverPull/.test(await text('/unknown')),
      () => text('/unknown'),
    );
  });

  it('a new image takes the place of the old one, and no request is lost', async () => {
    await run('changing', {}, { scaling: { ...sampleContainer().spec.scaling, minReplicas: 2 } });
    await eventually(
      async () => (await spine.state()).functions.some(({ name, readyReplicas }) => name === `${spine.namespace}/changing` && readyReplicas === 2),
      () => 'its two instances do not come up',
    );
    const end = spine.load('/changing', ['1', '2']);
    await run('changing', { image: TEST_IMAGES.nextPlainApp }, { scaling: { ...sampleContainer().spec.scaling, minReplicas: 2 } });
    await eventually(
      async () => (await text('/changing')) === '200 2' && (await alive('changing')).length === 2,
      async () => JSON.stringify(await podsOf('changing')),
    );
    const { sent, wrong } = await end();
    expect(wrong).toEqual([]);
    expect(sent).toBeGreaterThan(20);
    expect(await text('/changing')).toBe('200 2');
  });

  it('its gateway holds it to time and to requests at once', async () => {
    await run('timed', {}, { timeout: '500ms', concurrency: 1 });
    expect(await text('/timed')).toBe('200 1');
    expect(await text('/timed/slow?ms=5000')).toMatch(/^504 .*FUNCTION_TIMEOUT/);
    await Promise.all([1, 2].map(async () => expect(await text('/timed/slow?ms=400')).toBe('200 slow')));
    expect((await alive('timed')).length).toBeGreaterThan(1);
  });

  it('one that ends is replaced', async () => {
    await run('ending');
    expect(await text('/ending')).toBe('200 1');
    const [before] = await alive('ending');
    expect(await text('/ending/exit', { method: 'POST' })).toMatch(/^502 /);
    await eventually(
      async () => (await text('/ending')) === '200 1' && (await alive('ending')).every(({ metadata }) => metadata.name !== before?.metadata.name),
      async () => JSON.stringify(await podsOf('ending')),
    );
  });

  it('a new leader adopts what serves, and no request is lost', async () => {
    await run('steady');
    expect(await text('/steady')).toBe('200 1');
    await eventually(
      async () => (await podsOf('steady')).some(({ metadata }) => metadata.labels[LABELS.function] === 'steady'),
      () => 'no pod is recorded as one of steady',
    );
    const [before] = await alive('steady');
    const end = spine.load('/steady', ['1']);
    await spine.scaler.kill();
    await spine.startScaler();
    await eventually(
      async () => (await spine.state()).functions.some(({ name, readyReplicas }) => name === `${spine.namespace}/steady` && readyReplicas === 1),
      () => 'the new leader does not know what serves',
    );
    expect((await end()).wrong).toEqual([]);
    expect((await alive('steady')).map(({ metadata }) => metadata.name)).toEqual([before?.metadata.name]);
  });
});
