import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import { copyTree } from './copy-tree.ts';

const IMPORT = /\b(?:from|import|require)\s*\(?\s*["']([^"'.][^"']*)["']/g;
/** What nobody runs. */
const IDLE_FILES = /\.(ts|mts|cts|map|md|markdown)$|(^|\/)\.|^(test|tests|benchmarks|bench|docs|examples?)\//;

/** Names of the npm packages that compiled code in a folder imports; a superset where a text looks like an import. */
export function importedPackages(folder: string): string[] {
  const names = new Set<string>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.js')) continue;
    for (const [, specifier = ''] of readFileSync(join(entry.parentPath, entry.name), 'utf8').matchAll(IMPORT)) {
      if (!isBuiltin(specifier)) names.add(packageOf(specifier));
    }
  }
  return [...names].sort();
}

/**
 * Copies packages and all that they depend on to `<target>/node_modules`, each version where its dependants find it.
 * @throws PlatformError IMAGE_BUILD_FAILED naming a package that is not installed
 */
export function copyPackages(names: readonly string[], root: string, target: string): void {
  /** Source folder of what stands at a place (`node_modules/a/node_modules/b`). */
  const placed = new Map<string, string>();
  const place = (name: string, dependant: { source: string; at: string }, optional: boolean) => {
    const source = findPackage(name, dependant.source);
    if (source === undefined) {
      if (optional) return;
      throw new PlatformError('IMAGE_BUILD_FAILED', `the npm package ${name} is not installed (${dependant.source} needs it): run \`npm ci\``);
    }
    const found = visibleFrom(dependant.at, name).find((path) => placed.has(path));
    if (found !== undefined && placed.get(found) === source) return;
    const at = found === undefined ? join('node_modules', name) : join(dependant.at, 'node_modules', name);
    placed.set(at, source);
    copyTree(source, join(target, at), (path) => !IDLE_FILES.test(path));
    for (const [next, isOptional] of dependenciesOf(source)) place(next, { source, at }, isOptional);
  };
  for (const name of names) place(name, { source: root, at: '' }, false);
}

/** Where Node.js looks for a package that is imported at a place, nearest first. */
function visibleFrom(at: string, name: string): string[] {
  const own = join(at, 'node_modules', name);
  if (at === '') return [own];
  return [own, ...visibleFrom(at.slice(0, Math.max(0, at.lastIndexOf('node_modules') - 1)), name)];
}

function findPackage(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate);
    if (folder === dirname(folder)) return undefined;
  }
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

/** What a package needs, and whether it can do without. Peers that are optional are for other uses than ours. */
function dependenciesOf(folder: string): Map<string, boolean> {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = manifest;
  const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional);
  const needed = [...Object.keys(dependencies), ...peers].map((name) => [name, false] as const);
  return new Map([...needed, ...Object.keys(optionalDependencies).map((name) => [name, true] as const)]);
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
