import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensurePart, folderRecipe } from './cache.ts';
import { KUBERNETES_VERSION, PULUMI_VERSION } from './plan.ts';

const SOURCES = join(import.meta.dirname, 'programs');
const [, MAJOR, MINOR] = /^v(\d+)\.(\d+)/.exec(KUBERNETES_VERSION) ?? [];
const VERSION = 'k8s.io/component-base/version';

interface GoModule {
  readonly name: string;
  /** Go packages by the program's name. */
  readonly packages: Readonly<Record<string, string>>;
  readonly linkerFlags: string;
}

const MODULES: readonly [GoModule, GoModule] = [
  {
    name: 'kubernetes',
    packages: { node: './node', kubectl: './kubectl' },
    linkerFlags: `-s -w -X ${VERSION}.gitVersion=${KUBERNETES_VERSION} -X ${VERSION}.gitMajor=${MAJOR} -X ${VERSION}.gitMinor=${MINOR}`,
  },
  { name: 'services', packages: { etcd: './etcd', coredns: './coredns', pause: './pause' }, linkerFlags: '-s -w' },
];

/** Its libraries for programs cannot parse the version that a plain build has. */
const PULUMI: GoModule = {
  name: 'pulumi',
  packages: { pulumi: 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi' },
  linkerFlags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${PULUMI_VERSION}`,
};

/** For tests of what keeps things in a bucket. */
const S3: GoModule = { name: 's3', packages: { s3: './' }, linkerFlags: '-s -w' };

/** Folders of the built programs: `node` (all of Kubernetes' servers) and `kubectl`; `etcd`, `coredns` and `pause`. */
export interface Programs {
  readonly kubernetes: string;
  readonly services: string;
}

export interface BuildOptions {
  readonly cache: string;
  /** Called with what is being built and how far it is. */
  readonly say: (line: string) => void;
  /** Give way to others on this machine. @default false */
  readonly inBackground?: boolean;
}

/** Builds what is not built yet; 8 min on two free cores, 20 on busy ones. Go's own cache lets a build that was broken off go on where it was. */
export async function ensurePrograms(options: BuildOptions): Promise<Programs> {
  const [kubernetes, services] = MODULES;
  // One after the other: the second finds most of what they share compiled.
  return { kubernetes: await ensureModule(kubernetes, options), services: await ensureModule(services, options) };
}

/** Builds Pulumi's command line unless it is built; 4 min on two free cores. @returns the folder of `pulumi` */
export function ensurePulumi(options: BuildOptions): Promise<string> {
  return ensureModule(PULUMI, options);
}

/** Builds an S3 server unless it is built; 1 min on two free cores. @returns the folder of `s3` */
export function ensureS3Server(options: BuildOptions): Promise<string> {
  return ensureModule(S3, options);
}

function recipeOf({ name, linkerFlags }: GoModule): string {
  return folderRecipe(join(SOURCES, name)) + linkerFlags;
}

function ensureModule(module: GoModule, options: BuildOptions): Promise<string> {
  const build = async (work: string) => {
    for (const name of Object.keys(module.packages)) await goBuild(module, name, join(work, name), options);
  };
  return ensurePart({ cache: options.cache, name: module.name, recipe: recipeOf(module), build });
}

async function goBuild(module: GoModule, name: string, output: string, { say, inBackground = false }: BuildOptions): Promise<void> {
  const what = `${module.name}/${name}`;
  const args = ['go', 'build', '-v', '-trimpath', '-buildvcs=false', '-ldflags', module.linkerFlags, '-o', output, module.packages[name] ?? name];
  const [program = 'go', ...rest] = inBackground ? ['nice', '-n', '10', ...args] : args;
  const begun = Date.now();
  const child = spawn(program, rest, {
    cwd: join(SOURCES, module.name),
    env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let [packages, tail] = [0, ''];
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    packages += chunk.split('\n').length - 1;
    tail = (tail + chunk).slice(-4000);
  });
  const seconds = () => `${Math.round((Date.now() - begun) / 1000)} s`;
  const progress = setInterval(() => say(`building ${what}: ${packages} packages, ${seconds()}`), 30_000);
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve)).finally(() => clearInterval(progress));
  if (code !== 0) throw new Error(`building ${what} failed:\n${tail}`);
  say(`built ${what}: ${packages} packages, ${seconds()}`);
}
