import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isExecutable } from './npm-packages.mjs';
import { run, tryRun } from './run.mjs';

const OLDEST = 18;
const WANTED = 24;

/** @throws Error with the way out, on a Node.js that cannot run the set-up */
export function checkNode() {
  if (major(process.version) < OLDEST) {
    throw new Error(`Node.js ${process.version} is too old: install Node.js ${OLDEST} or newer (the platform itself runs on its own Node.js ${WANTED})`);
  }
}

/**
 * The path of Node.js 24 inside the checkout. The npm package `node` fetches it in an install script, which npm 11 does not run by itself.
 * @throws Error where there is none for this machine
 */
export async function ensureNode24(root, begin) {
  const folder = join(root, 'node_modules', 'node');
  const node = join(folder, 'bin', 'node');
  if (isExecutable(node)) return node;
  if (major(process.version) >= WANTED) return process.execPath;
  begin(`Node.js ${JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version}`);
  await run(process.execPath, ['installArchSpecificPackage.js'], { cwd: folder, env: { ...process.env, npm_config_ignore_scripts: 'true' } });
  const version = await tryRun(node, ['--version']);
  if (major(version) >= WANTED) return node;
  throw new Error(
    `the npm package "node" has no Node.js ${WANTED} that runs on ${process.platform}-${process.arch}: install Node.js ${WANTED} yourself and start again`,
  );
}

/** The environment in which `node` and the checkout's tools are first on PATH. */
export function nodeEnv(root, node) {
  const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH ?? ''].join(':');
  return { ...process.env, PATH: path };
}

function major(version) {
  return Number(/^v?(\d+)\./.exec(version ?? '')?.[1] ?? 0);
}
