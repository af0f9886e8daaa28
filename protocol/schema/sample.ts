import { API_VERSION } from '../names.ts';
import type { Container } from './container.ts';
import type { FunctionSpec } from './function.ts';
import type { FunctionResource } from './resources.ts';

/** A valid Function with every default, to build others from in tests and tools. */
export function sampleFunction(name = 'hello', spec: Partial<FunctionSpec> = {}, namespace = 'default'): FunctionResource {
  return {
    apiVersion: API_VERSION,
    kind: 'Function',
    metadata: { name, namespace },
    spec: {
      runtime: 'nodejs',
      handler: 'index.handler',
      signature: 'event',
      mode: 'thread',
      package: { digest: `sha256:${'0'.repeat(64)}`, size: 1 },
      env: {},
      secrets: [],
      timeout: '30s',
      activationTimeout: '30s',
      concurrency: 16,
      queueLimit: 1000,
      bodyLimit: '10Mi',
      retry: 'idempotent',
      access: 'internal',
      deployment: { type: 'cold', memory: '256Mi' },
      scaling: { minReplicas: 0, maxReplicas: 10, idleTimeout: '60s', stabilizationWindow: '60s' },
      ...spec,
    },
  };
}

/** A valid Function that is a container, with every default. */
export function sampleContainer(
  name = 'app',
  { image = 'shop/app:1', port = 8080, ...container }: Partial<Container> = {},
  spec: Partial<FunctionSpec> = {},
  namespace = 'default',
): FunctionResource {
  const { handler: _handler, package: _package, signature: _signature, mode: _mode, ...both } = sampleFunction(name, spec, namespace).spec;
  return { ...sampleFunction(name, {}, namespace), spec: { ...both, runtime: 'container', container: { image, port, ...container } } };
}
