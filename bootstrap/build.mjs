import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { run } from './run.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** Folders with sources: those that tsconfig.json compiles. */
const LAYERS = [...new Set(JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8')).references.map(({ path }) => path.split('/')[0]))];
/** What dist/ needs besides compiled TypeScript. */
const ASSETS = [
  ...['gateway', 'scaler', 'runtimes/nodejs', 'runtimes/python'].map((from) => ({ from, accept: (path) => path === 'Containerfile' })),
  { from: 'runtimes', accept: (path) => /^nodejs\/start\.json$|^python\/(start\.json|requirements\.txt|fibonacci_watcher\/.*\.py)$/.test(path) },
  // Compiled with each Go function, and into the watcher's image.
  { from: 'runtimes/go', accept: (path) => /^(Containerfile|start\.json|go\.mod|(cmd|executor|function|internal)\/.*(?<!_test)\.go)$/.test(path) },
  // Compiled on first use.
  { from: 'runtimes/java', accept: (path) => /^(Containerfile|start\.json|pom\.xml|(function|watcher)\/(pom\.xml|src\/main\/.*))$/.test(path) },
  { from: 'cli/templates', accept: () => true },
];

/**
 * Compiles to dist/ and copies the assets, unless no source changed since the last time.
 * @throws Error with the compiler's messages
 */
export async function ensureBuild(root, node, env, begin) {
  const stamp = join(root, 'dist', '.stamp');
  const wanted = sourceDigest(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  begin('build (tsc -b)');
  await run(node, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-b'], { cwd: root, env });
  for (const asset of ASSETS) copyAsset(root, asset);
  removeOrphans(root);
  writeFileSync(stamp, wanted);
}

function copyAsset(root, { from, accept }) {
  const source = join(root, from);
  for (const path of listFiles(source)) {
    const name = relative(source, path).split(sep).join('/');
    if (!accept(name)) continue;
    const target = join(root, 'dist', from, name);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(path, target);
  }
}

/** What was compiled from a source that is gone would be packed and found. */
function removeOrphans(root) {
  for (const file of LAYERS.map((layer) => join(root, 'dist', layer))
    .filter((folder) => existsSync(folder))
    .flatMap(listFiles)) {
    const source = join(root, relative(join(root, 'dist'), file).replace(/\.(d\.ts|js|js\.map)$/, '.ts'));
    if (source.endsWith('.ts') && !existsSync(source)) rmSync(file);
  }
}

/** Changes when a source file is added, removed, saved or moved. */
export function sourceDigest(root) {
  const hash = createHash('sha256');
  const folders = LAYERS.map((layer) => join(root, layer)).filter((folder) => existsSync(folder));
  const files = [join(root, 'tsconfig.json'), join(root, 'tsconfig.base.json'), join(root, 'package-lock.json'), ...folders.flatMap(listFiles)];
  for (const file of files) {
    const { mtimeMs, size } = statSync(file);
    hash.update(`${file}\0${mtimeMs}\0${size}\n`);
  }
  return hash.digest('hex');
}

function listFiles(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.name !== '__pycache__' && entry.name !== 'node_modules')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? listFiles(join(folder, entry.name)) : [join(folder, entry.name)]));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  rmSync(join(ROOT, 'dist', '.stamp'), { force: true });
  try {
    await ensureBuild(ROOT, process.execPath, process.env, () => {});
  } catch (error) {
    process.stderr.write(`${error.output ?? error.message}\n`);
    process.exitCode = 1;
  }
}
