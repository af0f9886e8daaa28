import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../contract/cli-world/project.ts';
import { createClusterProject, type ClusterProject } from './cli-world/cluster.ts';
import { loadTestImages } from './images/load.ts';
import { TEST_IMAGES } from './images/test-images.ts';
import { openCluster } from './machine/cluster.ts';

const NAMESPACES = ['web-api', 'voice-skills', 'mobile-backend'] as const;
type Example = (typeof NAMESPACES)[number];

/** One platform for the stacks of three teams. */
const PLATFORM = `import * as fib from 'fibonacci-faas';
export default fib.defineStack((app) => {
  new fib.Platform(app, 'platform', {
    functionNamespaces: ${JSON.stringify(NAMESPACES)},
    images: { registry: 'localhost', tag: 'test', pullPolicy: 'Never' },
    monitoring: { prometheus: { image: '${TEST_IMAGES.prometheus}' }, alertmanager: { image: '${TEST_IMAGES.alertmanager}' } },
    gateway: { replicas: 1, resources: { cpuRequest: '20m' } }, scaler: { replicas: 1, resources: { cpuRequest: '20m' } },
    functions: { cpuRequest: '10m' },
  });
});`;

/** The stacks of examples/, as they are, on a platform in a cluster. */
describe('the examples in a cluster', () => {
  let world: ClusterProject;
  const stackOf = (example: Example) => join(ROOT, 'examples', example, 'stack.ts');
  const deploy = async (stack: string) => {
    const { code, stderr } = await world.fib('deploy', stack, '--yes', '--timeout', '2m');
    expect([code, stderr]).toEqual([0, expect.stringContaining('all is ready')]);
  };
  /** With a body, as a POST unless `options` say otherwise. */
  const call = async (example: Example, fn: string, path: string, json?: object, ...options: string[]) => {
    const data = json === undefined ? [] : ['-H', 'content-type: application/json', '-d', JSON.stringify(json)];
    const { value } = await world.json<{ status: number; body: string }>('invoke', fn, path, '-n', example, ...data, ...options);
    return [value.status, JSON.parse(value.body)] as const;
  };

  beforeAll(async () => {
    await loadTestImages(await openCluster());
    world = await createClusterProject({ 'platform.ts': PLATFORM });
    await deploy('platform.ts');
  }, 600_000);
  afterAll(async () => {
    await world?.fib('remove', 'platform.ts', '--yes');
    world?.kubectl(['delete', 'namespace', 'fibonacci-system', ...NAMESPACES, '--ignore-not-found', '--wait=false']);
    await world?.close();
  });

  it('web-api: an order asks two other functions, one of them in another language', async () => {
    await deploy(stackOf('web-api'));
    const lines = [
      { product: 'tea', count: 3 },
      { product: 'cup', count: 1 },
    ];
    expect(await call('web-api', 'orders', '/orders', { lines })).toEqual([201, expect.objectContaining({ netCents: 2747, taxCents: 522, totalCents: 3269 })]);
    expect(await call('web-api', 'orders', '/orders', { lines: [{ product: 'hat', count: 1 }] })).toEqual([400, { error: 'there is no product hat' }]);
  });

  it('voice-skills: a text goes in, a reply comes out', async () => {
    await deploy(stackOf('voice-skills'));
    const say = async (skill: string, text: string, session?: object) =>
      (await call('voice-skills', skill, `/skills/${skill}`, { text, session }))[1] as object;
    expect(await say('barista', 'open barista')).toEqual({ reply: 'What would you like to drink?', session: {}, ends: false });
    expect(await say('barista', 'large', { drink: 'tea' })).toMatchObject({ reply: 'A large tea. It is on its way.', ends: true });
    expect(await say('capitals', 'start')).toMatchObject({ reply: 'Here we go. What is the capital of France?' });
  });

  it('mobile-backend: a token of one function opens another, once there is the Secret that both name', async () => {
    world.kubectl(['-n', 'mobile-backend', 'create', 'secret', 'generic', 'mobile-backend', '--from-literal=signing-key=of-the-test']);
    await deploy(stackOf('mobile-backend'));
    const session = (await call('mobile-backend', 'session', '/session', { device: 'phone-7' })) as readonly [number, { token: string }];
    expect(session).toEqual([200, { token: expect.stringContaining('.'), seconds: 3600 }]);
    const [, { token }] = session;
    const feed = await call('mobile-backend', 'feed', '/feed?before=3', undefined, '-H', `authorization: Bearer ${token}`);
    expect(feed).toEqual([200, expect.objectContaining({ device: 'phone-7' })]);
    expect((await call('mobile-backend', 'digest', '/'))[1]).toMatchObject({ sent: 0 });
  });

  it('each is removed for itself', async () => {
    expect((await world.fib('remove', stackOf('web-api'), '--yes')).code).toBe(0);
    expect(world.kubectl(['-n', 'web-api', 'get', 'fibfn', '-o', 'name'])).toBe('');
    expect(world.kubectl(['-n', 'voice-skills', 'get', 'fibfn', '-o', 'name'])).toContain('barista');
  });
});
