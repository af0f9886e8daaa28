import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';
import { copyTree } from './copy-tree.ts';
import { copyPackages, importedPackages } from './production-packages.ts';
import type { ImageRecipe } from './recipes.ts';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
}

/**
 * Makes the folder that a builder sees: `Containerfile` and `app/`, with nothing that the image does not need. Times and modes are always the same, so that equal code gives equal layers.
 * @param root the package: a folder with `package.json` and `dist/`
 * @throws PlatformError IMAGE_BUILD_FAILED where the package was not built; TOOLCHAIN_MISSING without the compiler of a watcher
 */
export function writeContext(recipe: ImageRecipe, root: string, target: string): void {
  const dist = join(root, 'dist');
  const containerfile = join(dist, recipe.containerfile);
  if (!existsSync(containerfile)) throw new PlatformError('IMAGE_BUILD_FAILED', `${containerfile} is not there: build first with \`npm run build\``);
  const app = join(target, 'app');
  for (const { from, to } of recipe.folders) copyTree(join(dist, from), join(app, to), (path) => recipe.accept.test(path));
  if (recipe.compile) {
    mkdirSync(app, { recursive: true });
    recipe.compile(app);
  }
  if (recipe.modules) {
    const { name, version, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
    writeFileSync(join(app, 'package.json'), `${JSON.stringify({ name, version, type: 'module' })}\n`);
    const wanted = importedPackages(app).filter((imported) => Object.hasOwn(dependencies, imported));
    copyPackages(wanted, root, app);
  }
  copyFileSync(containerfile, join(target, 'Containerfile'));
  settle(target);
}

/** Readable by any user; the times are of no one. */
function settle(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) settle(child);
    else {
      chmodSync(child, statSync(child).mode & 0o100 ? 0o755 : 0o644);
      utimesSync(child, 0, 0);
    }
  }
  chmodSync(path, 0o755);
  utimesSync(path, 0, 0);
}
