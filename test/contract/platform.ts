import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderEnv } from '../../kit/config.ts';
import { createFileStore } from '../../kit/store/files.ts';
import type { Store } from '../../kit/store/store.ts';
import { type GatewayConfig, gatewayConfig, type ScalerConfig, scalerConfig } from '../../protocol/config.ts';
import { ADMIN_PATHS, functionName, SCALER_PATHS } from '../../protocol/names.ts';
import type { Package } from '../../protocol/package.ts';
import type { AnyResource, FunctionResource } from '../../protocol/schema/resources.ts';
import { NAMESPACE } from './platform/objects.ts';
import { startProcess, type TestProcess } from './platform/process.ts';
import { freePort } from '../free-port.ts';

export * from './platform/objects.ts';

export interface PlatformOptions {
  /** Applied before anything starts. */
  readonly objects?: readonly AnyResource[];
  readonly packages?: readonly Package[];
  /** @default 1 */
  readonly gateways?: number;
  readonly scaler?: Partial<ScalerConfig>;
  readonly gateway?: Partial<GatewayConfig>;
  /** Lines of `.env`. */
  readonly secrets?: string;
  /** Runs what `npm run build` made, as users do, in place of the sources. */
  readonly compiled?: boolean;
}

export interface TestGateway {
  readonly url: string;
  readonly adminUrl: string;
  readonly process: TestProcess;
}

/** What `/_/state` of the scaler tells. */
export interface ScalerState {
  readonly epoch: number;
  readonly gateways: readonly string[];
  readonly functions: readonly {
    readonly name: string;
    readonly replicas: number;
    readonly readyReplicas: number;
    readonly revision: string | null;
    readonly serving: string | null;
    readonly problem: { readonly code: string; readonly message: string } | null;
  }[];
  readonly instances: readonly {
    readonly id: string;
    readonly template: string;
    readonly state: string;
    readonly function: string | null;
    readonly revision: string | null;
    readonly controlUrl: string | null;
    readonly dataAddress: string | null;
  }[];
  readonly pools: readonly { readonly name: string; readonly idle: number; readonly starting: number; readonly leased: number }[];
}

/** Gateways and a scaler as processes of their own, on free ports and a temporary folder. */
export interface Platform {
  readonly dir: string;
  readonly store: Store;
  readonly gateways: readonly TestGateway[];
  readonly scaler: { readonly url: string; readonly process: TestProcess };
  readonly internalToken: string;
  /** Invokes through the first gateway, or the one with the index. */
  fetch(path: string, init?: RequestInit, gateway?: number): Promise<Response>;
  apply(...objects: AnyResource[]): Promise<void>;
  putPackage(pkg: Package): Promise<void>;
  setSecrets(lines: string): Promise<void>;
  state(): Promise<ScalerState>;
  /** `/metrics` of the scaler. */
  metrics(): Promise<string>;
  fn(name: string): Promise<FunctionResource | undefined>;
  /** Resolves once the state fits. @throws Error with the last state after `timeoutMs` (30 s) */
  until(fits: (state: ScalerState) => boolean, timeoutMs?: number): Promise<ScalerState>;
  /** Resolves once this many instances of the pool wait. */
  idle(pool: string, count: number): Promise<ScalerState>;
  startGateway(): Promise<TestGateway>;
  /** Starts the scaler anew on the same folders and port, after it was killed. */
  restartScaler(): Promise<void>;
  close(): Promise<void>;
}

const TOKEN = 'token-of-the-test';

export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const entry = (path: string) => new URL(options.compiled ? `../../dist/${path.replace(/\.ts$/, '.js')}` : `../../${path}`, import.meta.url);
  const dir = await mkdtemp(join(tmpdir(), 'platform-'));
  const dirs = { storeDir: join(dir, 'objects'), stateDir: join(dir, 'state'), packageDir: join(dir, 'packages') };
  await mkdir(dirs.packageDir, { recursive: true });
  const secretsFile = join(dir, '.env');
  await writeFile(secretsFile, options.secrets ?? '');
  const store = await createFileStore(dirs.storeDir);
  const putPackage = ({ digest, bytes }: Package) => writeFile(join(dirs.packageDir, `${digest.replace('sha256:', '')}.pkg`), bytes);
  for (const pkg of options.packages ?? []) await putPackage(pkg);
  for (const object of options.objects ?? []) await store.apply(object);

  const started: TestProcess[] = [];
  const start = async (path: string, env: Record<string, string>) => {
    const child = await startProcess(entry(path), env);
    started.push(child);
    return child;
  };
  const startScaler = (port: number) =>
    start(
      'scaler/main.ts',
      renderEnv(scalerConfig, {
        ...dirs,
        internalToken: TOKEN,
        port,
        runtimesDir: fileURLToPath(entry('runtimes')),
        python: process.env['FIB_PYTHON'] ?? 'python3',
        secretsFile,
        gatewayUrl: `http://127.0.0.1:${timerPort}`,
        ...options.scaler,
      }),
    );
  // Timers are fired through the first gateway, which starts after the scaler.
  const timerPort = await freePort();
  let scalerProcess = await startScaler(0);
  const scalerPort = Number(scalerProcess.listening['port']);
  const scalerUrl = `http://127.0.0.1:${scalerPort}`;
  const gateways: TestGateway[] = [];
  const startGateway = async () => {
    const config = {
      storeDir: dirs.storeDir,
      internalToken: TOKEN,
      gatewayId: `g${gateways.length + 1}`,
      port: 0,
      adminPort: gateways.length === 0 ? timerPort : 0,
      scalerUrl,
      logDir: join(dirs.stateDir, 'logs'),
      ...options.gateway,
    };
    const child = await start('gateway/main.ts', renderEnv(gatewayConfig, config));
    const gateway = {
      url: `http://127.0.0.1:${Number(child.listening['port'])}`,
      adminUrl: `http://127.0.0.1:${Number(child.listening['adminPort'])}`,
      process: child,
    };
    await eventually(
      async () => ((await fetch(gateway.adminUrl + ADMIN_PATHS.ready)).ok ? gateway : undefined),
      10_000,
      () => 'the gateway did not become ready',
    );
    gateways.push(gateway);
    return gateway;
  };
  for (let count = options.gateways ?? 1; count > 0; count--) await startGateway();

  const authorized = { headers: { authorization: `Bearer ${TOKEN}` } };
  const state = async () => (await (await fetch(scalerUrl + SCALER_PATHS.state, authorized)).json()) as ScalerState;
  const until: Platform['until'] = (fits, timeoutMs = 30_000) => {
    let last: ScalerState | undefined;
    return eventually(
      async () => (fits((last = await state())) ? last : undefined),
      timeoutMs,
      () => `the state does not fit: ${JSON.stringify(last)}`,
    );
  };
  return {
    dir,
    store,
    gateways,
    get scaler() {
      return { url: scalerUrl, process: scalerProcess };
    },
    internalToken: TOKEN,
    fetch: (path, init, gateway = 0) => fetch(`${gateways[gateway]?.url}${path}`, init),
    async apply(...objects) {
      for (const object of objects) await store.apply(object);
    },
    putPackage,
    setSecrets: (lines) => writeFile(secretsFile, lines),
    state,
    metrics: async () => (await fetch(scalerUrl + SCALER_PATHS.metrics)).text(),
    fn: (name) => store.get('Function', NAMESPACE, name),
    until,
    idle: (pool, count) =>
      until(({ pools }) => pools.some(({ name, idle, starting }) => name === functionName(NAMESPACE, pool) && idle >= count && starting === 0)),
    startGateway,
    async restartScaler() {
      scalerProcess = await startScaler(scalerPort);
    },
    async close() {
      await Promise.all(started.map((child) => child.stop()));
      await store.close();
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Tries until there is a value. @throws Error with `message` after `timeoutMs` */
export async function eventually<T>(attempt: () => Promise<T | undefined>, timeoutMs: number, message: () => string): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await attempt().catch(() => undefined);
    if (value !== undefined) return value;
    if (Date.now() > deadline) throw new Error(message());
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
