import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RUNTIMES } from '../../protocol/schema/fields.ts';
import { createClusterProject, type ClusterProject } from './cli-world/cluster.ts';
import { loadTestImages } from './images/load.ts';
import { TEST_IMAGES } from './images/test-images.ts';
import { openCluster } from './machine/cluster.ts';

/** A platform without monitoring to speak of, and one function a language, each in a pool of its own. */
const APP = (system: string, functions: string) => `import * as fib from 'fibonacci-faas';
const CODE = {
  nodejs: ['index.handler', fib.Code.fromInline('import { readFileSync } from "node:fs";\\nexport const handler = () => ({ says: process.env.SAYS, told: readFileSync("conf/told.txt", "utf8") });')],
  python: ['main.handler', fib.Code.fromInline('import os\\ndef handler(event, context):\\n    return {"says": os.environ["SAYS"], "told": open("conf/told.txt").read()}\\n')],
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
    const told = { env: { SAYS: config.says }, files: { 'conf/told.txt': config.says } };
    new fib.Function(stack, runtime, { runtime, handler, code, ...told, deployment: fib.hot(pool), scaling: { idleTimeout: fib.Duration.minutes(10) } });
  }
});`;

const FILES = {
  'java/Hello.java': `import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

public final class Hello {
    public static Map<String, Object> handle(Map<String, Object> event) throws IOException {
        try (var told = Hello.class.getResourceAsStream("/conf/told.txt")) {
            return Map.of("says", System.getenv("SAYS"), "told", new String(told.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
`,
  'go/go.mod': 'module example.com/hello\n\ngo 1.24\n',
  'go/hello.go': `package hello

import (
	"os"

	"fibonacci.dev/go/function"
)

func Handle(event function.Event) (map[string]any, error) {
	told, err := os.ReadFile("conf/told.txt")
	return map[string]any{"says": os.Getenv("SAYS"), "told": string(told)}, err
}
`,
};

const WHILE = { timeout: 30_000, interval: 500 };

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
    expect([status, JSON.parse(body)]).toEqual([200, { says: 'first', told: 'first' }]);
  });

  it('variables and files of theirs change in the pods that run', async () => {
    // What a pod serves is recorded a moment after its first answer.
    await expect.poll(servingPods, WHILE).toHaveLength(RUNTIMES.length);
    const pods = servingPods();
    expect((await deploy('second')).code).toBe(0);
    for (const runtime of RUNTIMES) {
      await expect.poll(async () => JSON.parse((await invoke(runtime)).body), WHILE).toEqual({ says: 'second', told: 'second' });
    }
    expect(servingPods()).toEqual(pods);
  });
});
