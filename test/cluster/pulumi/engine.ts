import { accessSync, chmodSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type EngineEvent, LocalWorkspace, type OpMap, type OutputMap, PulumiCommand, type PulumiFn, type Stack } from '@pulumi/pulumi/automation/index.js';
import { clusterFolders } from '../machine/folders.ts';
import { ensurePulumi } from '../machine/programs.ts';

const PROVIDER = 'pulumi-resource-kubernetes';

/** Pulumi's engine, with its state and settings in a folder of its own. */
export interface Engine {
  /** A stack of a project whose name begins so, made by a program of this process. */
  stack(name: string, program: PulumiFn): Promise<EngineStack>;
  close(): Promise<void>;
}

export interface EngineStack {
  preview(options?: RunOptions): Promise<Steps>;
  up(options?: RunOptions): Promise<Steps>;
  refresh(): Promise<Steps>;
  /** @param options `runProgram`: with the program, which hooks need */
  destroy(options?: { readonly runProgram?: boolean }): Promise<Steps>;
  /** What the program returned. */
  outputs(): Promise<OutputMap>;
  /** The text of the file that holds its state. */
  state(): string;
}

/** How often the engine did what. */
export type Steps = OpMap;

export interface RunOptions {
  /** In place of the program that the stack was made with. */
  readonly program?: PulumiFn;
  /** Path, or undefined for a machine that knows no cluster. @default that of the test cluster */
  readonly kubeconfig?: string | undefined;
}

/** Builds Pulumi's command line first where that was not done. */
export async function createEngine(): Promise<Engine> {
  const { cache, kubeconfig } = clusterFolders();
  const built = await ensurePulumi({ cache, say: (line) => process.stderr.write(`  … ${line}\n`) });
  const root = mkdtempSync(join(tmpdir(), 'fib-pulumi-'));
  const [bin, backend] = [join(root, 'bin'), join(root, 'backend')];
  for (const folder of [bin, backend]) mkdirSync(folder);
  symlinkSync(join(built, 'pulumi'), join(bin, 'pulumi'));
  if (!isOnPath(PROVIDER)) writeStandIn(join(bin, PROVIDER));
  const env = {
    PATH: [bin, process.env['PATH']].join(delimiter),
    PULUMI_HOME: join(root, 'home'),
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: 'only for tests',
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true',
  };
  const pulumiCommand = await PulumiCommand.get({ root });
  return {
    async stack(name, program) {
      const workDir = mkdtempSync(join(root, `${name}-`));
      const projectName = basename(workDir);
      const stack = await LocalWorkspace.createStack({ stackName: 'test', projectName, program }, { workDir, pulumiCommand, envVars: env });
      return engineStack(stack, { kubeconfig, stateFile: join(backend, '.pulumi', 'stacks', projectName, 'test.json') });
    },
    close: () => Promise.resolve(rmSync(root, { recursive: true, force: true })),
  };
}

function engineStack(stack: Stack, given: { readonly kubeconfig: string; readonly stateFile: string }): EngineStack {
  const use = (options: RunOptions) => {
    const kubeconfig = 'kubeconfig' in options ? options.kubeconfig : given.kubeconfig;
    // An empty one counts as none; without it that of the user's home would be taken.
    stack.workspace.envVars = { ...stack.workspace.envVars, KUBECONFIG: kubeconfig ?? '', HOME: '/nonexistent' };
    return options.program && { program: options.program };
  };
  const outputs = stack.outputs.bind(stack);
  // Each run would ask for them by further runs of the command line, which take as long as the rest of it.
  Object.assign(stack, { outputs: () => Promise.resolve({}), info: () => Promise.resolve(undefined) });
  const stepsOf = async (run: (options: { onEvent: (event: EngineEvent) => void }) => Promise<unknown>) => {
    let steps: Steps = {};
    await run({ onEvent: ({ summaryEvent }) => void (steps = summaryEvent?.resourceChanges ?? steps) });
    return steps;
  };
  return {
    outputs,
    preview: async (options = {}) => (await stack.preview({ ...use(options) })).changeSummary,
    up: (options = {}) => stepsOf((listen) => stack.up({ ...use(options), ...listen })),
    refresh: () => stepsOf((listen) => (use({}), stack.refresh(listen))),
    destroy: (options = {}) => stepsOf((listen) => (use({}), stack.destroy({ ...options, ...listen }))),
    state: () => readFileSync(given.stateFile, 'utf8'),
  };
}

/** The engine starts programs of this name by PATH, and reads a port from their first line. */
function writeStandIn(file: string): void {
  const main = fileURLToPath(new URL('./provider/main.ts', import.meta.url));
  writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  chmodSync(file, 0o755);
}

function isOnPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
