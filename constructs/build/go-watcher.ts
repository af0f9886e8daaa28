import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PlatformError } from '../../protocol/errors.ts';
import { checkGo } from './go-toolchain.ts';
import type { Platform } from './platform.ts';
import { cached, folderRecipe } from './user-cache.ts';
import type { WatcherBuild } from './watcher-build.ts';

const NAME = 'watcher';
const SOURCES = fileURLToPath(new URL('../../runtimes/go', import.meta.url));

/** The watcher of Go functions. @throws PlatformError TOOLCHAIN_MISSING without Go 1.24 or newer */
export function goWatcher(platform: Platform, go = 'go'): WatcherBuild {
  const { version } = checkGo(go, SOURCES);
  const recipe = JSON.stringify([version, platform, folderRecipe(SOURCES, (path) => /\.(go|txt|mod)$/.test(path) && !path.startsWith('fixtures'))]);
  const { folder, ensure } = cached('go-watcher', recipe, (work) => compile(go, join(work, NAME), platform));
  return { file: join(folder, NAME), ensure };
}

function compile(go: string, output: string, { system, architecture }: Platform): void {
  const args = ['build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w -buildid=', '-o', output, './cmd/watcher'];
  const env = { ...process.env, GO111MODULE: 'on', GOFLAGS: '', GOWORK: 'off', CGO_ENABLED: '0', GOOS: system, GOARCH: architecture };
  const { status, stdout, stderr, error } = spawnSync(go, args, { cwd: SOURCES, env, encoding: 'utf8' });
  if (error || status !== 0) throw new PlatformError('TOOLCHAIN_MISSING', `the Go watcher does not compile: ${error?.message ?? `${stdout}${stderr}`.trim()}`);
}
