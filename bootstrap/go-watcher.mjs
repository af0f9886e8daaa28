import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findOnPath, isExecutable } from './npm-packages.mjs';
import { run, tryRun } from './run.mjs';

const WAY_OUT = 'Go 1.24 or newer is not here: install it from https://go.dev/dl, then start again';
const OLDEST_MINOR = 24;
/** Folders of runtimes/go with sources of the watcher. */
const SOURCES = ['cmd', 'internal'];

/**
 * The Go watcher, compiled into .cache/go-watcher when its sources or the toolchain have changed.
 * @returns {Promise<{ watcher: string } | { missing: string }>} `missing` says the way out
 */
export async function ensureGoWatcher(root, begin) {
  const go = findOnPath('go');
  const version = go && (await tryRun(go, ['env', 'GOVERSION']))?.trim();
  if (!go || Number(/^go1\.(\d+)/.exec(version ?? '')?.[1] ?? 0) < OLDEST_MINOR) return { missing: WAY_OUT };

  const sources = join(root, 'runtimes', 'go');
  const folder = join(root, '.cache', 'go-watcher');
  const watcher = join(folder, 'watcher');
  const stamp = join(folder, 'stamp');
  const wanted = digestOf(sources, version);
  if (isExecutable(watcher) && readStamp(stamp) === wanted) return { watcher };

  begin('Go watcher (go build)');
  mkdirSync(folder, { recursive: true });
  // The old program may be running: it is replaced, not written over.
  const fresh = join(folder, `watcher-${process.pid}`);
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' };
  await run(go, ['build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w -buildid=', '-o', fresh, './cmd/watcher'], { cwd: sources, env });
  renameSync(fresh, watcher);
  writeFileSync(stamp, wanted);
  return { watcher };
}

function digestOf(sources, version) {
  const hash = createHash('sha256').update(version);
  const files = SOURCES.flatMap((name) => readdirSync(join(sources, name), { recursive: true }).map((path) => join(name, path)));
  for (const path of ['go.mod', ...files.sort()]) {
    if (/(\.go|^go\.mod)$/.test(path) && !path.endsWith('_test.go')) hash.update(`${path}\0`).update(readFileSync(join(sources, path)));
  }
  return hash.digest('hex');
}

function readStamp(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
