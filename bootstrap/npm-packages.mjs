import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import { run } from './run.mjs';

/** Installs what package-lock.json says, unless the stamp of the last installation has the same hash. */
export async function ensureNpmPackages(root, begin) {
  const stamp = join(root, 'node_modules', '.fibonacci-stamp');
  const wanted = lockDigest(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  begin('npm packages (npm ci)');
  // Not the Node inside node_modules: npm ci removes that folder.
  const node = findOnPath('node', (file) => !file.includes(`${sep}node_modules${sep}`)) ?? process.execPath;
  const npm = npmCommand(node);
  await run(npm.command, [...npm.args, 'ci', '--include=dev', '--prefer-offline', '--no-audit', '--no-fund'], { cwd: root });
  writeFileSync(stamp, wanted);
}

/** The npm that runs us, else the first on PATH. */
export function npmCommand(node = process.execPath) {
  const script = process.env.npm_execpath;
  return script && /npm-cli\.[cm]?js$/.test(script) && existsSync(script) ? { command: node, args: [script] } : { command: 'npm', args: [] };
}

/** The first executable of this name on PATH that `accept` takes. */
export function findOnPath(name, accept = () => true) {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => isExecutable(file) && accept(file));
}

export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function lockDigest(root) {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')));
  return hash.update(`${process.platform} ${process.arch}`).digest('hex');
}
