import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath, isExecutable } from './npm-packages.mjs';
import { run, tryRun } from './run.mjs';

const NAMES = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10'];
const NEW_ENOUGH = 'import sys; assert sys.version_info >= (3, 10)';
const COMPLETE = `${NEW_ENOUGH}; import cryptography; assert int(cryptography.__version__.split(".")[0]) >= 38`;
/** What is on PATH may be a version manager's stand-in, which is slow and looks at the current folder. */
const PRINT_ITSELF = 'print(sys.executable)';

/**
 * A Python ≥ 3.10 that has what runtimes/python/requirements.txt names: the system's own, or a virtual environment in .cache/python, or (as root on Debian) the system's packages.
 * @returns {Promise<{ python: string } | { missing: string }>} `missing` says the way out
 */
export async function ensurePython(root, begin) {
  const requirements = join(root, 'runtimes', 'python', 'requirements.txt');
  const folder = join(root, '.cache', 'python');
  const stamp = join(root, '.cache', 'python.json');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const known = readStamp(stamp);
  if (known?.requirements === wanted && isExecutable(known.python)) return { python: known.python };

  const python = (await findPython(COMPLETE)) ?? (await withVenv(folder, requirements, begin)) ?? (await withApt(begin));
  if (!python) return { missing: 'Python ≥ 3.10 with the package "cryptography" is not here: install python3 and python3-venv, then start again' };
  mkdirSync(join(root, '.cache'), { recursive: true });
  writeFileSync(stamp, JSON.stringify({ requirements: wanted, python }));
  return { python };
}

async function findPython(probe) {
  for (const name of NAMES) {
    const python = findOnPath(name);
    const interpreter = python && (await tryRun(python, ['-c', `${probe}; ${PRINT_ITSELF}`]));
    if (interpreter) return interpreter.trim();
  }
  return undefined;
}

async function withVenv(folder, requirements, begin) {
  const base = await findPython(NEW_ENOUGH);
  if (!base) return undefined;
  begin('Python packages (.cache/python)');
  rmSync(folder, { recursive: true, force: true });
  const python = join(folder, 'bin', 'python');
  try {
    await run(base, ['-m', 'venv', folder]);
    await run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements]);
    return (await tryRun(python, ['-c', COMPLETE])) === undefined ? undefined : python;
  } catch {
    rmSync(folder, { recursive: true, force: true });
    return undefined;
  }
}

async function withApt(begin) {
  if (process.getuid?.() !== 0 || !findOnPath('apt-get')) return undefined;
  begin('Python (apt-get install python3 python3-cryptography)');
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('apt-get', ['update', '-q'], { env });
    await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'python3', 'python3-cryptography'], { env });
  } catch {
    return undefined;
  }
  const system = '/usr/bin/python3';
  return (await tryRun(system, ['-c', COMPLETE])) === undefined ? undefined : system;
}

function readStamp(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
