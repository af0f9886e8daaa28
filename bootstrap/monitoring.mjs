import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { removeAbandoned, unpackDebianPackages } from './debian.mjs';
import { findOnPath, isExecutable } from './npm-packages.mjs';
import { ProgramFailed, tryRun } from './run.mjs';

const OLDEST = { prometheus: [2, 42], alertmanager: [0, 25] };
const PACKAGES = ['prometheus', 'prometheus-alertmanager'];
/** Debian builds this path into Alertmanager; it fails to start without its templates there. */
const TEMPLATES = '/usr/share/prometheus/alertmanager';

/**
 * Prometheus ≥ 2.42 and Alertmanager ≥ 0.25: those on PATH, else a private copy in `cacheDir`, fetched once from the system's package archive. For root and others alike nothing outside `cacheDir` changes, no service is installed or started,
 * and no former `apt-get update` is needed.
 * @param {{ cacheDir: string, log?: (what: string) => void }} options `log` is called once it finds that there is something to do
 * @returns {Promise<{ prometheus: string, promtool: string, alertmanager: string } | { missing: string, wayOut: string }>} paths, or what is missing and the one line to run
 */
export async function ensureMonitoring({ cacheDir, log = () => undefined }) {
  cacheDir = resolve(cacheDir);
  const folder = join(cacheDir, 'root');
  const found = (await findInstalled()) ?? findPrivateCopy(folder);
  if (found) return found;
  const missing = 'Prometheus ≥ 2.42 and Alertmanager ≥ 0.25 are not here';
  if (!findOnPath('apt-get') || !findOnPath('dpkg-deb')) return { missing, wayOut: wayOut() };
  log('Prometheus and Alertmanager (.cache/monitoring)');
  try {
    await fetchPrivateCopy(cacheDir, folder);
  } catch (error) {
    if (!(error instanceof ProgramFailed)) throw error;
    const reason = error.output?.trim().split('\n').at(-1);
    return { missing: `${missing} and could not be fetched: ${error.message}${reason ? `: ${reason}` : ''}`, wayOut: wayOut() };
  }
  return findPrivateCopy(folder);
}

async function findInstalled() {
  const prometheus = findOnPath('prometheus');
  const promtool = findOnPath('promtool');
  const alertmanager = findOnPath('alertmanager') ?? findOnPath('prometheus-alertmanager');
  if (!prometheus || !promtool || !alertmanager) return undefined;
  const fit = await Promise.all([isNewEnough(prometheus, OLDEST.prometheus), isNewEnough(alertmanager, OLDEST.alertmanager)]);
  return fit.every(Boolean) ? { prometheus, promtool, alertmanager } : undefined;
}

/** Some versions print it to standard error. */
async function isNewEnough(program, [major, minor]) {
  const text = (await tryRun('/bin/sh', ['-c', '"$0" --version 2>&1', program])) ?? '';
  const version = /version[= ]v?(\d+)\.(\d+)/.exec(text)?.slice(1).map(Number);
  return version !== undefined && (version[0] > major || (version[0] === major && version[1] >= minor));
}

/** The folder is renamed into place when it is complete: that it exists is enough. */
function findPrivateCopy(folder) {
  const copy = privatePaths(folder);
  return Object.values(copy).every(isExecutable) ? copy : undefined;
}

function privatePaths(folder) {
  const bin = join(folder, 'usr', 'bin');
  return { prometheus: join(bin, 'prometheus'), promtool: join(bin, 'promtool'), alertmanager: join(folder, 'alertmanager') };
}

async function fetchPrivateCopy(cacheDir, folder) {
  mkdirSync(cacheDir, { recursive: true });
  removeAbandoned(cacheDir, 'fetch-');
  const work = join(cacheDir, `fetch-${process.pid}`);
  const unpacked = join(work, 'root');
  mkdirSync(unpacked, { recursive: true });
  try {
    await unpackDebianPackages({ packages: PACKAGES, work, into: unpacked });
    wrapAlertmanager(unpacked);
    await verify(unpacked, work);
    // Two runs may fetch at once: the first one in place stays.
    if (findPrivateCopy(folder)) return;
    rmSync(folder, { recursive: true, force: true });
    renameSync(unpacked, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Makes the absolute path of the templates a relative one of the same length, in the private copy, and a starter that goes to the folder where it leads. */
function wrapAlertmanager(folder) {
  const program = join(folder, 'usr', 'bin', 'prometheus-alertmanager');
  if (!existsSync(program)) throw new ProgramFailed('unpacking prometheus-alertmanager', 'it holds no usr/bin/prometheus-alertmanager');
  const bytes = readFileSync(program);
  const relative = TEMPLATES.slice(1).replace('/', '//');
  for (let at = bytes.indexOf(TEMPLATES); at >= 0; at = bytes.indexOf(TEMPLATES, at)) bytes.write(relative, at, 'latin1');
  writeFileSync(program, bytes);
  const { alertmanager } = privatePaths(folder);
  writeFileSync(
    alertmanager,
    '#!/bin/sh\n# Its paths are relative to this folder: pass absolute ones.\ncd "$(dirname "$0")" && exec ./usr/bin/prometheus-alertmanager "$@"\n',
  );
  chmodSync(alertmanager, 0o755);
}

async function verify(folder, work) {
  const { prometheus, promtool, alertmanager } = privatePaths(folder);
  if (!(await isNewEnough(prometheus, OLDEST.prometheus)) || !(await isNewEnough(promtool, OLDEST.prometheus))) {
    throw new ProgramFailed('the system’s prometheus package', 'it is older than 2.42 or does not run');
  }
  if (!(await isNewEnough(alertmanager, OLDEST.alertmanager)))
    throw new ProgramFailed('the system’s prometheus-alertmanager package', 'it is older than 0.25 or does not run');
  const config = join(work, 'alertmanager.yml');
  writeFileSync(config, 'route: {receiver: none}\nreceivers: [{name: none}]\n');
  await startsUp(alertmanager, [
    `--config.file=${config}`,
    `--storage.path=${join(work, 'data')}`,
    '--web.listen-address=127.0.0.1:0',
    '--cluster.listen-address=',
  ]);
}

/** Resolves once the program says that it listens, and has ended. @throws ProgramFailed */
function startsUp(program, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000);
    const read = (chunk) => {
      text = (text + chunk).slice(-8192);
      if (/listening on/i.test(text)) child.kill('SIGTERM');
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', (error) => reject(new ProgramFailed(program, error.message)));
    child.on('close', () => {
      clearTimeout(timer);
      if (/listening on/i.test(text)) resolve();
      else reject(new ProgramFailed(`a first start of ${program}`, text));
    });
  });
}

function wayOut() {
  if (process.platform === 'darwin') return 'brew install prometheus alertmanager';
  if (findOnPath('apt-get')) return `${process.getuid?.() === 0 ? '' : 'sudo '}apt-get install -y --no-install-recommends ${PACKAGES.join(' ')}`;
  return 'put the programs prometheus, promtool and alertmanager on PATH';
}
