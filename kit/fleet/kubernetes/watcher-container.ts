import { CONTROL_PATHS, POD_PORTS } from '../../../protocol/names.ts';
import type { Container } from './manifests.ts';
import { renderProbes } from './probes.ts';

/** What differs between the containers of pods; `scratch`: where the one folder is that it may write to. */
export type ContainerParts = Pick<Container, 'name' | 'env' | 'ports' | 'startupProbe' | 'readinessProbe' | 'livenessProbe'> & { readonly scratch: string };

export interface WatcherOptions {
  readonly memoryBytes: number;
  /** Of the scaler; base64url (watcher.md W1.1). */
  readonly publicKey: string;
}

const SCRATCH = '/scratch';
/** Of an instance's memory: what its supervisor takes, a quarter at the most: much of it is the runtime's program, which both processes share. An executor that takes the rest is ended by it, before the kernel ends both. */
const SUPERVISOR_BYTES = 64 * 1024 * 1024;

/** The container of a watcher, with the variables of its contract (watcher.md W1.1). */
export function renderWatcher(options: WatcherOptions): ContainerParts {
  return {
    name: 'watcher',
    env: renderEnvironment(options),
    ports: [
      { name: 'data', containerPort: POD_PORTS.data },
      { name: 'control', containerPort: POD_PORTS.control },
    ],
    ...renderProbes({ httpGet: { path: CONTROL_PATHS.ready, port: 'control' } }, { httpGet: { path: CONTROL_PATHS.health, port: 'control' } }),
    scratch: SCRATCH,
  };
}

function renderEnvironment({ memoryBytes, publicKey }: WatcherOptions): Container['env'] {
  const field = (name: string, fieldPath: string) => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const values = {
    FIB_INSTANCE: '$(FIB_POD_NAMESPACE)/$(FIB_POD_NAME)',
    FIB_SCRATCH: SCRATCH,
    FIB_PUBLIC_KEY: publicKey,
    FIB_HOST: '0.0.0.0',
    FIB_DATA_PORT: String(POD_PORTS.data),
    FIB_CONTROL_PORT: String(POD_PORTS.control),
    FIB_MEMORY_LIMIT_BYTES: String(Math.max(Math.floor((memoryBytes * 3) / 4), memoryBytes - SUPERVISOR_BYTES)),
    TMPDIR: SCRATCH,
  };
  return [
    field('FIB_POD_NAMESPACE', 'metadata.namespace'),
    field('FIB_POD_NAME', 'metadata.name'),
    ...Object.entries(values).map(([name, value]) => ({ name, value })),
  ];
}
