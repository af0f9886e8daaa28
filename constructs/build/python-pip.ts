import { spawnSync } from 'node:child_process';
import { PlatformError } from '../../protocol/errors.ts';
import type { PythonTarget } from './python-target.ts';

export interface InstallWheelsOptions {
  /** Of the function, with its requirements.txt. */
  readonly directory: string;
  /** Where the packages go; it is made. */
  readonly folder: string;
  readonly python: string;
  readonly target: PythonTarget;
}

const LIMIT_MS = 10 * 60_000;
const MAX_LINES = 12;
/** Settings of the user that contradict ours; where packages come from stays as it is set up. */
const ENVIRONMENT = {
  PIP_USER: '0',
  PIP_REQUIRE_VIRTUALENV: '0',
  PIP_NO_INPUT: '1',
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
  PIP_PROGRESS_BAR: 'off',
  PIP_NO_COLOR: '1',
};
const ARGS = ['-m', 'pip', 'install', '--quiet', '--no-compile', '--only-binary=:all:', '--no-warn-script-location'];

/** Installs what requirements.txt names, from wheels alone: no program of a package runs. @throws PlatformError TOOLCHAIN_MISSING, CODE_INVALID */
export function installWheels({ directory, folder, python, target }: InstallWheelsOptions): void {
  const platform = target.platforms.flatMap((tag) => ['--platform', tag]);
  const image = platform.length === 0 ? [] : ['--implementation', 'cp', '--python-version', target.version, ...platform];
  const { status, signal, stderr, error } = spawnSync(python, [...ARGS, '--target', folder, ...image, '-r', 'requirements.txt'], {
    cwd: directory,
    env: { ...process.env, ...ENVIRONMENT },
    encoding: 'utf8',
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
    maxBuffer: 16 * 1024 * 1024,
  });
  if (status === 0) return;
  if (status === null)
    throw signal ? failed(`pip took more than ${LIMIT_MS / 60_000} minutes`, target) : pipMissing(python, error?.message ?? 'it does not start');
  if (/No module named pip\b/.test(stderr)) throw pipMissing(python, 'it has no pip');
  throw failed(describeProblem(stderr), target);
}

export function pipMissing(python: string, problem: string): PlatformError {
  return new PlatformError(
    'TOOLCHAIN_MISSING',
    `what requirements.txt names is installed by pip of ${python}, and ${problem}: run ${python} -m ensurepip (Debian: apt-get install python3-pip), or name another Python by the variable FIB_PYTHON`,
  );
}

/** What pip says is wrong, without its progress. */
function describeProblem(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '' && !/^(WARNING|DEPRECATION|\[notice\])/.test(line));
  return (lines.length === 0 ? ['pip does not say why'] : lines.slice(0, MAX_LINES)).join('\n');
}

function failed(problem: string, { version, name }: PythonTarget): PlatformError {
  return new PlatformError(
    'CODE_INVALID',
    `what requirements.txt names cannot be installed from wheels for Python ${version} on ${name}:\n${problem}\nchoose versions that have such wheels, or put the package into an image of the pool`,
    { details: { file: 'requirements.txt' } },
  );
}
