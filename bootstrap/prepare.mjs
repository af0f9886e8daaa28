import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuild } from './build.mjs';
import { ensureMonitoring } from './monitoring.mjs';
import { checkNode, ensureNode24, nodeEnv } from './node24.mjs';
import { ensureNpmPackages } from './npm-packages.mjs';
import { createProgress } from './progress.mjs';
import { ensurePython } from './python.mjs';
import { ProgramFailed } from './run.mjs';

/** The checkout. */
export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Everything a fresh clone needs, each step skipped when nothing changed: npm packages, Node.js 24, the build, Python, Prometheus and Alertmanager.
 * What is optional and cannot be had is shown and left out; anything else ends the process with the reason.
 * @returns {Promise<{ node: string, env: Record<string, string> }>} Node.js 24 and the environment for what is started
 */
export async function prepare() {
  const progress = createProgress();
  try {
    const { node, env } = await prepareNode(progress);
    const [, python, monitoring] = await Promise.all([
      progress.step((begin) => ensureBuild(ROOT, node, env, begin)),
      progress.step((begin) => ensurePython(ROOT, begin)),
      progress.step((begin) => ensureMonitoring({ cacheDir: join(ROOT, '.cache', 'monitoring'), log: begin })),
    ]);
    if (python.missing) progress.warn(`runtime python is off: ${python.missing}`);
    if (monitoring.missing) progress.warn(`scaling by rules is off: ${monitoring.missing}; run: ${monitoring.wayOut}`);
    return { node, env: { ...env, ...toolEnv(python, monitoring) } };
  } catch (error) {
    progress.fail(error.message);
    if (error instanceof ProgramFailed && error.output) process.stderr.write(`${error.output}\n`);
    process.exit(1);
  }
}

/** What every command needs: npm packages and Node.js 24. */
export async function prepareNode(progress) {
  checkNode();
  await progress.step((begin) => ensureNpmPackages(ROOT, begin));
  const node = await progress.step((begin) => ensureNode24(ROOT, begin));
  return { node, env: nodeEnv(ROOT, node) };
}

/** How what is started finds the tools; what is missing has no variable. */
function toolEnv({ python }, { prometheus, promtool, alertmanager }) {
  const tools = { FIB_PYTHON: python, FIB_PROMETHEUS: prometheus, FIB_PROMTOOL: promtool, FIB_ALERTMANAGER: alertmanager };
  return Object.fromEntries(Object.entries(tools).filter(([, path]) => path !== undefined));
}
