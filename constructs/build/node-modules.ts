import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PlatformError } from '../../protocol/errors.ts';

/** Each with the command that installs what it locks. */
const INSTALLERS = {
  'package-lock.json': 'npm ci --omit=dev',
  'npm-shrinkwrap.json': 'npm ci --omit=dev',
  'pnpm-lock.yaml': 'pnpm install --prod --node-linker=hoisted',
  'yarn.lock': 'yarn install',
} as const;
const MAX_NAMES = 5;

/**
 * A code folder that locks its dependencies installs them itself: without them the function would fail when it is loaded.
 * @throws PlatformError CODE_INVALID for dependencies, a lock file and no `node_modules`
 */
export function checkNodeModules(directory: string): void {
  const installer = Object.entries(INSTALLERS).find(([name]) => existsSync(join(directory, name)));
  if (!installer || existsSync(join(directory, 'node_modules'))) return;
  const names = dependenciesOf(directory);
  if (names.length === 0) return;
  const [lock, command] = installer;
  const shown = [...names.slice(0, MAX_NAMES), ...(names.length > MAX_NAMES ? [`${names.length - MAX_NAMES} more`] : [])].join(', ');
  throw new PlatformError(
    'CODE_INVALID',
    `the code folder ${directory} has ${lock} and no node_modules, and its package.json depends on ${shown}: run ${command} in it, or pack it with Code.bundle`,
    { details: { file: join(directory, 'package.json') } },
  );
}

function dependenciesOf(directory: string): string[] {
  try {
    const { dependencies } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { dependencies?: unknown };
    return typeof dependencies === 'object' && dependencies !== null ? Object.keys(dependencies) : [];
  } catch {
    // There is none, or Node.js will say what is wrong with it.
    return [];
  }
}
