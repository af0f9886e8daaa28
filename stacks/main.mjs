// Plain JavaScript, so that an older Node.js gets as far as the line that says what to do.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NEEDED = 24;
/** Pulumi's code for "the program has told the user what to do": nothing is added to the line. */
const TOLD = 32;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const problem = nodeProblem() || packageProblem() || buildProblem();
if (problem) {
  process.stderr.write(`${problem}\n`);
  process.exit(TOLD);
}

const { provision } = await import('./main.ts');
export default await provision(root);

function nodeProblem() {
  if (Number(process.versions.node.split('.')[0]) >= NEEDED) return '';
  return `This Pulumi program needs Node.js ${NEEDED} or newer, and \`node\` on PATH is ${process.version}: install one, or put node_modules/.bin of this project first on PATH.`;
}

function packageProblem() {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  // The provider's own package has types alone; Pulumi takes the provider itself by its version.
  const needed = [...Object.keys(dependencies), ...Object.keys(peerDependencies)].filter((name) => name !== '@pulumi/kubernetes');
  const missing = needed.filter((name) => !isInstalled(name));
  return missing.length === 0 ? '' : `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed in ${root}: run \`npm ci\` there.`;
}

function buildProblem() {
  // What stack files import as fibonacci-faas.
  return existsSync(join(root, 'dist', 'constructs', 'index.js')) ? '' : `The constructs in ${root} are not compiled: run \`npm run build\` there.`;
}

function isInstalled(name) {
  for (let folder = root; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'node_modules', name, 'package.json'))) return true;
    if (folder === dirname(folder)) return false;
  }
}
