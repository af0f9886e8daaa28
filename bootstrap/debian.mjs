import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, tryRun } from './run.mjs';

/**
 * Unpacks packages of the system's archive into the folder `into`: nothing is installed, no service is started, and no former `apt-get update` is needed.
 * @param {{ packages: readonly string[], work: string, into: string, dependencies?: boolean }} options `work` is a folder of ours for what is fetched; `dependencies` adds what the packages need and the system lacks
 * @throws ProgramFailed
 */
export async function unpackDebianPackages({ packages, work, into, dependencies = false }) {
  const archives = join(work, 'archives');
  for (const folder of [into, join(work, 'lists', 'partial'), join(archives, 'partial')]) mkdirSync(folder, { recursive: true });
  await download(packages, work, dependencies);
  const files = [work, archives].flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  for (const file of files.filter((name) => name.endsWith('.deb'))) await run('dpkg-deb', ['-x', file, into]);
}

/** The system's package lists are tried first; where they are absent or outdated, private ones are fetched, which needs no root. */
async function download(packages, work, dependencies) {
  const env = { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' };
  const fetch = dependencies ? ['-y', '--no-install-recommends', '--reinstall', '--download-only', 'install'] : ['download'];
  // Root's downloads would be handed to the user _apt, who may not write here.
  const settings = ['APT::Sandbox::User "root";', 'Debug::NoLocking "true";', `Dir::Cache "${work}/";`];
  const conf = join(work, 'apt.conf');
  writeFileSync(conf, `${settings.join('\n')}\n`);
  const known = await tryRun('apt-get', ['-q', '-c', conf, ...fetch, ...packages], { cwd: work, env, timeoutMs: 180_000 });
  if (known !== undefined) return;
  const own = [
    `Dir::State::lists "${work}/lists/";`,
    'Acquire::Languages "none";',
    'Acquire::Retries "2";',
    'Acquire::http::Timeout "20";',
    'Acquire::https::Timeout "20";',
    // Hooks of the system are about the system's lists.
    '#clear APT::Update::Pre-Invoke;',
    '#clear APT::Update::Post-Invoke;',
    '#clear APT::Update::Post-Invoke-Success;',
  ];
  writeFileSync(conf, `${[...settings, ...own].join('\n')}\n`);
  await run('apt-get', ['-q', '-c', conf, 'update'], { cwd: work, env });
  await run('apt-get', ['-q', '-c', conf, ...fetch, ...packages], { cwd: work, env });
}

/** Removes the folders `<prefix><pid>` of runs that were killed. */
export function removeAbandoned(parent, prefix) {
  if (!existsSync(parent)) return;
  for (const name of readdirSync(parent)) {
    const pid = name.startsWith(prefix) ? /^\d+$/.exec(name.slice(prefix.length))?.[0] : undefined;
    if (pid !== undefined && !isRunning(Number(pid))) rmSync(join(parent, name), { recursive: true, force: true });
  }
}

/** Whether a process of this number is there. */
export function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
