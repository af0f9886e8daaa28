import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RUNTIMES } from '../../protocol/schema/fields.ts';
import { createClusterProject, type ClusterProject } from './cli-world/cluster.ts';
import { loadTestImages } from './images/load.ts';
import { TEST_IMAGES } from './images/test-images.ts';
import { openCluster } from './machine/cluster.ts';

/** A platform without monitoring to speak of, and one function a language, each in a pool of its own. */
const APP = (system: string, functions: string) => `import * as fib from 'fibonacci-faas';
const CODE = {
  nodejs: ['index.handler', fib.Code.fromInline('export const handler = (event) => ({ says: process.env.SAYS, path: event.path });')],
  python: ['main.handler', fib.Code.fromInline('import os\\ndef handler(event, context):\\n    return {"says": os.environ["SAYS"], "path": event["path"]}\\n')],
  java: ['Hello.handle', fib.Code.fromDirectory('./java')],
  go: ['hello.Handle', fib.Code.fromDirectory('./go')],
};
export default fib.defineStack((app, { config }) => {
  new fib.Platform(app, 'platform', {
    namespace: '${system}', functionNamespaces: [{ name: '${functions}', create: false }],
    images: { registry: 'localhost', tag: 'test', pullPolicy: 'Never' },
    monitoring: { prometheus: { image: '${TEST_IMAGES.prometheus}' }, alertmanager: { image: '${TEST_IMAGES.alertmanager}' } },
    artifacts: { storage: fib.Size.mebibytes(128) },
    gateway: { replicas: 1, resources: { cpuRequest: '20m' } }, scaler: { replicas: 1, resources: { cpuRequest: '20m' } },
  });
  const stack = new fib.FunctionStack(app, 'app', { namespace: '${functions}' });
  for (const [runtime, [handler, code]] of Object.entries(CODE)) {
    const pool = new fib.PodPool(stack, runtime + '-pool', { runtime, min: 1, max: 2, memory: fib.Size.mebibytes(512) });
    new fib.Function(stack, runtime, { runtime, handler, code, env: { SAYS: config.says }, deployment: fib.hot(pool), scaling: { idleTimeout: fib.Duration.minutes(10) } });
  }
});`;

const FILES = {
  'java/Hello.java': `import java.util.Map;
public final class Hello {
    public static Map<String, Object> handle(Map<String, Object> event) {
        return Map.of("says", System.getenv("SAYS"), "path", event.get("path"));
    }
}
`,
  'go/go.mod': 'module example.com/hello\n\ngo 1.24\n',
  'go/hello.go': `package hello

import (
	"os"

	"fibonacci.dev/go/function"
)

func Handle(event function.Event) map[string]any {
	return map[string]any{"says": os.Getenv("SAYS"), "path": event.Path}
}
`,
};

describe('functions in four languages, on one platform', () => {
  let world: ClusterProject;
  let namespace = '';
  const deploy = (says: string) => world.fib('deploy', 'app.ts', '--yes', '--timeout', '4m', '--config', `says=${says}`);
  const invoke = async (name: string) => (await world.json<{ status: number; body: string }>('invoke', name, '/a?b=c', '-n', namespace)).value;
  const servingPods = () => world.kubectl(['get', 'pods', '-n', namespace, '-l', 'fibonacci.dev/function', '-o', 'name']).trim().split('\n').sort();

  beforeAll(async () => {
    await loadTestImages(await openCluster());
    world = await createClusterProject(FILES);
    const [system, functions] = world.namespaces;
    namespace = functions;
    await world.project.write({ 'app.ts': APP(system, functions) });
    const { code, stderr } = await deploy('first');
    expect([code, stderr]).toEqual([0, expect.stringContaining('all is ready')]);
  }, 900_000);
  afterAll(() => world.close());

  it.each(RUNTIMES)('%s answers from an instance of its pool', async (runtime) => {
    const { status, body } = await invoke(runtime);
    expect([status, JSON.parse(body)]).toEqual([200, { says: 'first', path: '/a' }]);
  });

  it('what they are told changes in the pods that run', async () => {
    const pods = servingPods();
    expect(pods).toHaveLength(RUNTIMES.length);
    expect((await deploy('second')).code).toBe(0);
    for (const runtime of RUNTIMES) {
      await expect.poll(async () => JSON.parse((await invoke(runtime)).body), { timeout: 30_000, interval: 500 }).toEqual({ says: 'second', path: '/a' });
    }
    expect(servingPods()).toEqual(pods);
  });
});
